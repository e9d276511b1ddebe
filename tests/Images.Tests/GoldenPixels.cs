using System.Buffers.Binary;
using System.Text.Json;

namespace ReflectDiT.Eval.Images.Tests;

/// <summary>A case of the golden snapshots that holds pixels: its arguments and its 8-bit tensors.</summary>
internal sealed class GoldenPixels
{
    private readonly byte[] _file;
    private readonly JsonElement _header;
    private readonly int _data;

    public GoldenPixels(string name)
    {
        Folder = Path.Combine(AppContext.BaseDirectory, "Goldens", name);
        Arguments = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Folder, "case.json"))).RootElement.GetProperty("arguments");
        _file = File.ReadAllBytes(Path.Combine(Folder, "golden.safetensors"));
        _data = 8 + (int)BinaryPrimitives.ReadUInt64LittleEndian(_file);
        _header = JsonDocument.Parse(_file.AsMemory(8, _data - 8)).RootElement;
    }

    public string Folder { get; }

    public JsonElement Arguments { get; }

    public (byte[] Samples, int[] Shape) this[string name]
    {
        get
        {
            var entry = _header.GetProperty(name);
            Assert.Equal("U8", entry.GetProperty("dtype").GetString());
            var offsets = entry.GetProperty("data_offsets");
            return (
                _file[(_data + offsets[0].GetInt32())..(_data + offsets[1].GetInt32())],
                [.. entry.GetProperty("shape").EnumerateArray().Select(n => n.GetInt32())]);
        }
    }
}
