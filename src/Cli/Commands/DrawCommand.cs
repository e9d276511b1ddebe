using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.Intrinsics.X86;
using System.Text.Json;
using ReflectDiT.Eval.Core;
using ReflectDiT.Eval.Core.Models;
using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Models.Host;
using ReflectDiT.Eval.Models.Networks;
using ReflectDiT.Eval.Networks;
using ReflectDiT.Eval.Networks.Checkpoints;

namespace ReflectDiT.Eval.Cli.Commands;

/// <summary><c>reflectdit draw</c>: one image of a downloaded generator, for looking.</summary>
internal static class DrawCommand
{
    public static Command Create()
    {
        var model = new Argument<string>("MODEL") { Description = "Snapshot folder of a SANA or a Reflect-DiT" };
        var prompt = new Option<string>("--prompt") { Description = "What to draw", Required = true };
        var seed = new Option<long>("--seed") { Description = "Seed of the noise", DefaultValueFactory = _ => 0 };
        var context = new Option<string[]>("--context")
        {
            Description = "IMAGE=FEEDBACK: a past image and what was wrong with it; may be given several times",
        };
        var output = new Option<string>("--out") { Description = "PNG file to write", DefaultValueFactory = _ => "drawing.png" };
        var steps = new Option<int>("--steps") { Description = "Steps of the solver", DefaultValueFactory = _ => 20 };
        var guidance = new Option<double>("--guidance") { Description = "Strength of classifier-free guidance; 1 or less for none", DefaultValueFactory = _ => 4.5 };
        var size = new Option<int>("--size") { Description = "Side of the image in pixels", DefaultValueFactory = _ => 1024 };
        var dtype = new Option<string>("--dtype")
        {
            Description = "Type that the transformer computes in; auto: bf16 where the device is fast at it, else fp32",
            DefaultValueFactory = _ => "auto",
        };
        dtype.AcceptOnlyFromAmong("auto", "bf16", "fp32", "fp16");
        var device = new Option<string>("--device")
        {
            Description = "The device, as libtorch names it: cpu, cuda:0",
            DefaultValueFactory = _ => Placement.Processor,
        };
        var variant = new Option<string>("--variant")
        {
            Description = "Variant of the snapshot's files, such as fp16",
            DefaultValueFactory = _ => "none",
        };
        variant.AcceptOnlyFromAmong("none", "bf16", "fp16", "fp32");
        var quirks = new Option<string>("--quirks")
        {
            Description = "For a Reflect-DiT: draw as the released code does, or as it was meant",
            DefaultValueFactory = _ => "paper",
        };
        quirks.AcceptOnlyFromAmong("paper", "clean");
        var offload = new Option<bool>("--offload")
        {
            Description = "Keep encoders and autoencoder on the device only while they are at work",
        };
        var command = new Command("draw", "Draw one image with a downloaded generator")
        {
            model, prompt, seed, context, output, steps, guidance, size, dtype, variant, quirks, device, offload,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            var folder = parsed.GetRequiredValue(model);
            var (place, side, type) = (parsed.GetRequiredValue(device), parsed.GetValue(size), parsed.GetRequiredValue(dtype));
            var parameters = new SanaParameters(
                Path.GetFileName(Path.GetFullPath(folder)), parsed.GetValue(steps), parsed.GetValue(guidance), side, side,
                type != "auto" ? type : IsQuickAtBf16(place) ? "bf16" : "fp32", parsed.GetRequiredValue(quirks),
                Variant: parsed.GetRequiredValue(variant));
            IReadOnlyList<ContextImage> past = [.. (parsed.GetValue(context) ?? []).Select(Past)];
            var request = new DrawRequest(parsed.GetRequiredValue(prompt), parsed.GetValue(seed), past);
            var placement = new Placement { Path = folder, Device = place, Offload = parsed.GetValue(offload) };
            await DrawAsync(placement, parameters, request, parsed.GetRequiredValue(output), cancellation);
            return ExitCode.Done;
        });
        return command;
    }

    private static async Task DrawAsync(
        Placement placement, SanaParameters parameters, DrawRequest request, string output, CancellationToken cancellation)
    {
        var (folder, device) = (placement.Path!, placement.Device!);
        try
        {
            var kind = HasContext(folder) ? ModelConfiguration.ReflectDit : ModelConfiguration.Sana;
            var model = new ModelConfiguration(kind, JsonSerializer.SerializeToElement(parameters, SettingsJson.Form)) { Batch = 1 };
            if (kind == ModelConfiguration.Sana && request.Context.Count > 0)
                throw new UsageException($"{folder} is a plain SANA: it takes no --context");
            var bytes = SanaGenerator.Memory(model, placement, parameters).Bytes(placement.Offload == true);
            var room = new ModelHost().Capacity(device);
            if (bytes > room)
            {
                throw new ModelUnavailableException(
                    $"it takes about {ByteText.Gib(bytes)} of {device}, which has {ByteText.Gib(room)} for models: try --offload, a smaller --size, or another --dtype");
            }

            await Console.Error.WriteLineAsync($"Loading {folder} as {kind}, {parameters.Dtype}, on {device}, about {ByteText.Gib(bytes)} ...");
            var clock = Stopwatch.StartNew();
            using var generator = new SanaGenerator(model, placement, parameters)
            {
                Progress = step => Console.Error.WriteLine(string.Create(
                    CultureInfo.InvariantCulture, $"step {step} of {parameters.Steps}, {clock.Elapsed.TotalSeconds:0.0} s after the start")),
            };
            var drawing = (await generator.AnswerAsync([request], cancellation))[0];
            await File.WriteAllBytesAsync(output, drawing.Image, cancellation);
            Console.WriteLine($"{output}, {drawing.DeviceSeconds:0.0} s, weights {generator.Digest}");
        }
        catch (Exception e) when (e is CheckpointException or InvalidDataException)
        {
            throw new UsageException(e.Message, e);
        }
        catch (LibtorchMissingException e)
        {
            throw new ModelUnavailableException(e.Message);
        }
    }

    private static bool HasContext(string folder)
    {
        var config = ModelConfig.Read(Path.Combine(folder, "transformer", "config.json"));
        return config.Has("reflection");
    }

    /// <summary>Processors without AVX-512 multiply bf16 a hundred times slower than fp32.</summary>
    private static bool IsQuickAtBf16(string device) => device != Placement.Processor || Avx512F.IsSupported;

    private static ContextImage Past(string argument)
    {
        var equals = argument.IndexOf('=', StringComparison.Ordinal);
        if (equals <= 0)
            throw new UsageException($"--context {argument}: expected IMAGE=FEEDBACK");
        return new(File.ReadAllBytes(argument[..equals]), argument[(equals + 1)..]);
    }
}
