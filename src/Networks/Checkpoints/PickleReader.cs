using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace ReflectDiT.Eval.Networks.Checkpoints;

/// <summary>Something in a pickle that is named and not looked up: a class or a function.</summary>
internal sealed record PickleName(string Module, string Name)
{
    public override string ToString() => $"{Module}.{Name}";
}

/// <summary>
/// Reads a pickle without executing any of it: values are built from its own opcodes, and what it asks to call is handed to
/// <paramref name="call"/>, which knows a few names and refuses the others. Numbers come out as long, BigInteger or double,
/// the rest as string, bool, byte[], null, object?[] (tuple), List and Dictionary.
/// </summary>
/// <param name="call">Makes a value of a name and its arguments.</param>
/// <param name="persistent">Makes a value of what stands outside the pickle.</param>
internal sealed class PickleReader(Stream stream, Func<PickleName, object?[], object?> call, Func<object?, object?> persistent)
{
    private const int MostBytes = 1 << 26;
    private static readonly object Mark = new();

    private readonly List<object?> _stack = [];
    private readonly Dictionary<int, object?> _memo = [];
    private long _read;

    /// <exception cref="InvalidDataException">It is damaged, too long, or has an opcode that no checkpoint needs.</exception>
    public object? Read()
    {
        try
        {
            while (true)
            {
                var opcode = Bytes(1)[0];
                if (opcode == (byte)'.')
                    return Pop();
                Execute(opcode);
            }
        }
        catch (Exception e) when (e is ArgumentOutOfRangeException or InvalidCastException or KeyNotFoundException or EndOfStreamException
            or ArgumentNullException or OverflowException)
        {
            throw new InvalidDataException("a damaged pickle: an instruction of it does not fit what stands before it, or it ends too early", e);
        }
    }

    private void Execute(byte opcode)
    {
        switch (opcode)
        {
            case 0x80: // PROTO
                Bytes(1);
                break;
            case 0x95: // FRAME
                Bytes(8);
                break;
            case (byte)'(':
                _stack.Add(Mark);
                break;
            case (byte)'N':
                _stack.Add(null);
                break;
            case 0x88 or 0x89:
                _stack.Add(opcode == 0x88);
                break;
            case (byte)'J':
                _stack.Add((long)BinaryPrimitives.ReadInt32LittleEndian(Bytes(4)));
                break;
            case (byte)'K':
                _stack.Add((long)Bytes(1)[0]);
                break;
            case (byte)'M':
                _stack.Add((long)BinaryPrimitives.ReadUInt16LittleEndian(Bytes(2)));
                break;
            case 0x8A: // LONG1
                var number = new BigInteger(Bytes(Bytes(1)[0]));
                _stack.Add(number >= long.MinValue && number <= long.MaxValue ? (long)number : number);
                break;
            case (byte)'G':
                _stack.Add(BinaryPrimitives.ReadDoubleBigEndian(Bytes(8)));
                break;
            case (byte)'X':
                _stack.Add(Encoding.UTF8.GetString(Bytes(Length(4))));
                break;
            case 0x8C: // SHORT_BINUNICODE
                _stack.Add(Encoding.UTF8.GetString(Bytes(Length(1))));
                break;
            case (byte)'U':
                _stack.Add(Encoding.Latin1.GetString(Bytes(Length(1))));
                break;
            case (byte)'T':
                _stack.Add(Encoding.Latin1.GetString(Bytes(Length(4))));
                break;
            case (byte)'B' or (byte)'C':
                _stack.Add(Bytes(Length(opcode == 'B' ? 4 : 1)));
                break;
            case (byte)')':
                _stack.Add(Array.Empty<object?>());
                break;
            case (byte)'t':
                _stack.Add(PopToMark());
                break;
            case 0x85 or 0x86 or 0x87: // TUPLE1 to TUPLE3
                _stack.Add(PopLast(opcode - 0x84));
                break;
            case (byte)']':
                _stack.Add(new List<object?>());
                break;
            case (byte)'a':
                var last = Pop();
                ((List<object?>)_stack[^1]!).Add(last);
                break;
            case (byte)'e':
                var items = PopToMark();
                ((List<object?>)_stack[^1]!).AddRange(items);
                break;
            case (byte)'}':
                _stack.Add(new Dictionary<object, object?>());
                break;
            case (byte)'s' or (byte)'u':
                SetItems(opcode == 's' ? PopLast(2) : PopToMark());
                break;
            case (byte)'q':
                _memo[Bytes(1)[0]] = _stack[^1];
                break;
            case (byte)'r':
                _memo[Length(4)] = _stack[^1];
                break;
            case 0x94: // MEMOIZE
                _memo[_memo.Count] = _stack[^1];
                break;
            case (byte)'h':
                _stack.Add(_memo[Bytes(1)[0]]);
                break;
            case (byte)'j':
                _stack.Add(_memo[Length(4)]);
                break;
            case (byte)'c':
                _stack.Add(new PickleName(Line(), Line()));
                break;
            case 0x93: // STACK_GLOBAL
                var names = PopLast(2);
                _stack.Add(new PickleName((string)names[0]!, (string)names[1]!));
                break;
            case (byte)'R' or 0x81: // REDUCE, NEWOBJ
                var target = PopLast(2);
                _stack.Add(call((PickleName)target[0]!, (object?[])target[1]!));
                break;
            case (byte)'b': // BUILD: attributes of a dictionary, which no checkpoint needs
                if (PopLast(2)[0] is not Dictionary<object, object?> built)
                    throw new InvalidDataException("a pickle sets attributes of an object that has none");
                _stack.Add(built);
                break;
            case (byte)'Q':
                _stack.Add(persistent(Pop()));
                break;
            default:
                throw new InvalidDataException($"a pickle has the opcode 0x{opcode:X2}, which no checkpoint needs");
        }
    }

    private void SetItems(object?[] pairs)
    {
        var dictionary = (Dictionary<object, object?>)_stack[^1]!;
        for (var i = 0; i < pairs.Length; i += 2)
            dictionary[pairs[i]!] = pairs[i + 1];
    }

    private object? Pop() => PopLast(1)[0];

    private object?[] PopLast(int count)
    {
        var last = _stack.GetRange(_stack.Count - count, count);
        _stack.RemoveRange(_stack.Count - count, count);
        return last.Contains(Mark) ? throw new InvalidDataException("a damaged pickle: a mark is taken for a value") : [.. last];
    }

    private object?[] PopToMark()
    {
        var items = PopLast(_stack.Count - 1 - _stack.LastIndexOf(Mark));
        _stack.RemoveAt(_stack.Count - 1);
        return items;
    }

    private int Length(int size) => size == 1 ? Bytes(1)[0] : BinaryPrimitives.ReadInt32LittleEndian(Bytes(4));

    private byte[] Bytes(int count)
    {
        _read += count;
        if (count < 0 || _read > MostBytes)
            throw new InvalidDataException($"a pickle of more than {MostBytes} bytes");
        var bytes = new byte[count];
        stream.ReadExactly(bytes);
        return bytes;
    }

    private string Line()
    {
        var line = new StringBuilder();
        for (var c = (char)Bytes(1)[0]; c != '\n'; c = (char)Bytes(1)[0])
            line.Append(c);
        return line.ToString();
    }
}
