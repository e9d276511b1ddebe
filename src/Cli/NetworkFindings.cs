using System.Globalization;
using System.Text.Json;
using ReflectDiT.Eval.Cli.Commands;
using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Models.Host;
using ReflectDiT.Eval.Models.Networks;
using ReflectDiT.Eval.Networks;
using ReflectDiT.Eval.Networks.Checkpoints;

namespace ReflectDiT.Eval.Cli;

/// <summary>What <c>doctor</c> says of networks: whether they can run here, and of those of a sweep whether they fit and are slow.</summary>
internal static class NetworkFindings
{
    /// <summary>So many times as slow as fp32 is slow.</summary>
    private const double Slow = 3;

    public static Finding OfLibtorch()
    {
        try
        {
            var slower = ProcessorSpeed.Slowness(NetworkDtype.Of("bf16"));
            return new(true, $"networks: libtorch in {Libtorch.Folder}; TorchSharp's need of GLIBCXX_3.4.32, which libstdc++ has since GCC 13, "
                + (Libtorch.IsCured ? "is marked weak, as this system has none" : "is left alone: this program was built where it is met")
                + $"; on this processor bf16 takes {Times(slower)} as long as fp32"
                + (slower > Slow ? ": give models on it the dtype fp32" : ""));
        }
        catch (LibtorchMissingException e)
        {
            return new(true, $"networks cannot run here, simulated models can: {e.Message}");
        }
    }

    /// <param name="placements">A file of this machine's placements, or null.</param>
    public static IEnumerable<Finding> OfSweep(string file, string? placements)
    {
        var here = WorkerCommand.Placements(placements);
        var host = new ModelHost();
        foreach (var named in RunCommand.Read(file, []).Models.Where(named => !named.Model.IsSimulated))
        {
            var placement = here.TryGetValue(named.Name, out var at) ? named.Placement.With(at) : named.Placement;
            yield return Memory(named, placement, host);
            if (Dtype(named.Model) is { } dtype and not "fp32" && (placement.Device ?? Placement.Processor) == Placement.Processor
                && Slowness(dtype) is { } slower and > Slow)
            {
                yield return new(true, $"model '{named.Name}' computes in {dtype}, which takes {Times(slower)} as long as fp32 on this processor: "
                    + "place it on another device, or give the sweep another dtype, which makes it another sweep", Warns: true);
            }
        }

        static double? Slowness(string dtype)
        {
            try
            {
                return ProcessorSpeed.Slowness(NetworkDtype.Of(dtype));
            }
            catch (Exception e) when (e is LibtorchMissingException or NotSupportedException)
            {
                return null;
            }
        }
    }

    private static Finding Memory(NamedModel named, Placement placement, ModelHost host)
    {
        var device = placement.Device ?? Placement.Processor;
        try
        {
            var (bytes, room) = (placement.MemoryGib is null ? new ModelKinds().Memory(named.Model, placement) : placement.MemoryBytes, host.Capacity(device));
            return new(bytes <= room, $"model '{named.Name}' ({named.Model.Title}) takes {(bytes == 0 ? "an unknown amount" : ByteText.Gib(bytes))} of {device}"
                + (room == long.MaxValue ? ", of whose memory nothing is known" : $", which has {ByteText.Gib(room)} for models")
                + (bytes > room ? ": see offload of its placement" : ""));
        }
        catch (Exception e) when (e is CheckpointException or NotSupportedException or FormatException)
        {
            return new(false, $"model '{named.Name}' ({named.Model.Title}) cannot be loaded: {e.Message}");
        }
    }

    private static string? Dtype(ModelConfiguration model) =>
        model.Parameters is { ValueKind: JsonValueKind.Object } parameters && parameters.TryGetProperty("dtype", out var dtype) ? dtype.GetString() : null;

    private static string Times(double ratio) => string.Create(CultureInfo.InvariantCulture, $"{ratio:0.0} times");
}
