using System;
using System.IO;
using System.Linq;
using System.Text;
using Microsoft.Build.Utilities;

/// <summary>
/// Copies TorchSharp.dll so that none of its methods is optimised, nor inlined into another. TorchSharp wraps each number that
/// stands beside a tensor (<c>x + 1e-5</c>, and the factor 1 of <c>x + y</c>) in an object whose finalizer frees it. In
/// optimised code nothing holds the object while libtorch reads the number: a garbage collection at that moment frees it, and
/// libtorch reads another number or throws (dotnet/TorchSharp, pull request 1434). A method that is not optimised holds what it
/// was given until it ends.
/// </summary>
/// <remarks>Part of the build, compiled by it; the numbers of sections are those of ECMA-335, partition II.</remarks>
public sealed class KeepNumbers : Task
{
    private const int NoInlining = 0x8, NoOptimization = 0x40, AggressiveInlining = 0x100, AggressiveOptimization = 0x200;

    public string From { get; set; }

    public string To { get; set; }

    public override bool Execute()
    {
        var file = File.ReadAllBytes(From);
        var (first, size, count) = Methods(file);
        for (var row = first; count > 0; row += size, count--)
        {
            // The address of its code, which a method of libtorch has not, and its flags (22.26).
            if (BitConverter.ToInt32(file, row) != 0)
            {
                var flags = (BitConverter.ToUInt16(file, row + 4) & ~(AggressiveInlining | AggressiveOptimization)) | NoInlining | NoOptimization;
                BitConverter.GetBytes((ushort)flags).CopyTo(file, row + 4);
            }
        }

        // Several projects may be built at once: each sees the whole file, or none.
        Directory.CreateDirectory(Path.GetDirectoryName(To));
        var part = To + "." + Guid.NewGuid().ToString("N");
        File.WriteAllBytes(part, file);
        try
        {
            File.Move(part, To);
        }
        catch (IOException) when (File.Exists(To))
        {
            File.Delete(part); // another was faster
        }

        return true;
    }

    /// <summary>The table of methods: where its first row is, how long a row is, and how many there are.</summary>
    private static (int First, int Size, int Count) Methods(byte[] file)
    {
        int Short(int at) => BitConverter.ToUInt16(file, at);
        int Int(int at) => BitConverter.ToInt32(file, at);

        // The header of the program, its sections, and where they lie in the file (25.2, 25.3).
        var header = Int(0x3c) + 24;
        var directories = header + (Short(header) == 0x20b ? 112 : 96);
        var sections = header + Short(header - 4);
        int Place(int address)
        {
            var section = sections;
            while (address < Int(section + 12) || address >= Int(section + 12) + Int(section + 8))
                section += 40;
            return address - Int(section + 12) + Int(section + 20);
        }

        // The metadata, and its stream of tables (24.2).
        var metadata = Place(Int(Place(Int(directories + (14 * 8))) + 8));
        var stream = metadata + 16 + Int(metadata + 12) + 4;
        int After(int name) => (name + Array.IndexOf(file, (byte)0, name) - name + 4) / 4 * 4;
        while (Encoding.ASCII.GetString(file, stream + 8, 3) != "#~\0")
            stream += 8 + (After(stream + 8) - (stream + 8));
        var tables = metadata + Int(stream);
        var present = BitConverter.ToUInt64(file, tables + 8);
        var (rows, at) = (new int[64], tables + 24);
        for (var table = 0; table < 64; table++)
        {
            if ((present >> table & 1) != 0)
                (rows[table], at) = (Int(at), at + 4);
        }

        // What is before the methods (22.30, 22.38, 22.37, 22.15): an index takes four bytes where two are not enough.
        int Heap(int bit) => (file[tables + 6] & bit) != 0 ? 4 : 2;
        int Index(int bits, params int[] ofTables) => ofTables.Max(table => rows[table]) < 1 << (16 - bits) ? 2 : 4;
        var (text, guid, blob) = (Heap(1), Heap(2), Heap(4));
        if (rows[3] + rows[5] > 0)
            throw new InvalidDataException("The tables are not those of a compiler.");
        at += rows[0] * (2 + text + (3 * guid));
        at += rows[1] * (Index(2, 0, 26, 35, 1) + (2 * text));
        at += rows[2] * (4 + (2 * text) + Index(2, 2, 1, 27) + Index(0, 4) + Index(0, 6));
        at += rows[4] * (2 + text + blob);
        return (at, 8 + text + blob + Index(0, 8), rows[6]);
    }
}
