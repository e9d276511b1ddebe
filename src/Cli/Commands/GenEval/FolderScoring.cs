using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using ReflectDiT.Eval.Benchmarks.GenEval;
using ReflectDiT.Eval.Cli.Logging;
using ReflectDiT.Eval.Core;
using ReflectDiT.Eval.Core.Models;
using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Core.Text;
using ReflectDiT.Eval.Models.Host;

namespace ReflectDiT.Eval.Cli.Commands.GenEval;

/// <summary>
/// Scores a folder of images with a detector. What has been scored stands in <c>OUT.part</c> until all is: the same command
/// goes on from there, and scores anew what has changed.
/// </summary>
internal sealed class FolderScoring(
    string root, string output, ObjectWorld world, HostedModel<DetectRequest, Detected> detector, ModelConfiguration model, ConsoleLog log)
{
    private static readonly TimeSpan OneImage = TimeSpan.FromHours(1);
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private readonly string _part = $"{output}.part";
    private readonly ConcurrentDictionary<string, Done> _done = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string> _failed = new(StringComparer.Ordinal);

    /// <exception cref="UsageException">The folder or the unfinished results are not what they should be.</exception>
    /// <exception cref="ModelUnavailableException">The detector cannot be loaded.</exception>
    public async Task<int> RunAsync(CancellationToken stop)
    {
        var folder = Read();
        await detector.LoadAsync(stop);
        var header = JsonSerializer.Serialize(new Header(model.Identity, detector.Digest!));
        Resume(header);
        var todo = folder.Images.Where(image => !_done.TryGetValue(image.Name, out var done) || done.State != StateOf(image)).ToList();
        var clock = Stopwatch.StartNew();
        log.Say($"{folder.Images.Count} images, {folder.Images.Count - todo.Count} of them scored before.");
        try
        {
            await using var part = new StreamWriter(new FileStream(_part, FileMode.Append, FileAccess.Write, FileShare.None));
            if (part.BaseStream.Length == 0)
                await part.WriteLineAsync(header);
            var (ended, said) = (0, clock.Elapsed);
            await Parallel.ForEachAsync(todo, new ParallelOptions { MaxDegreeOfParallelism = 2 * (model.Batch ?? 1), CancellationToken = stop }, async (image, token) =>
            {
                var done = await ScoreAsync(image, token);
                lock (_lock)
                {
                    ended++;
                    if (done is not null)
                    {
                        part.WriteLine(JsonSerializer.Serialize(_done[image.Name] = done));
                        part.Flush();
                    }

                    if (clock.Elapsed - said >= Interval)
                    {
                        said = clock.Elapsed;
                        log.Say(Line(ended, todo.Count, said));
                    }
                }
            });
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            log.Say($"Stopped: {folder.Images.Count(image => _done.ContainsKey(image.Name))} of {folder.Images.Count} images are scored. Run the same command again to go on.");
            return ExitCode.Incomplete;
        }

        return Finish(folder);
    }

    private GenEvalFolder Read()
    {
        try
        {
            return GenEvalFolder.Read(root, world);
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            throw new UsageException(e is InvalidDataException ? e.Message : $"{root} cannot be read: {SystemFault.Of(e)}", e);
        }
    }

    /// <summary>Takes in what an earlier command has scored; a line that it could not finish goes.</summary>
    private void Resume(string header)
    {
        if (!File.Exists(_part))
            return;
        var text = File.ReadAllText(_part);
        var whole = text[..(text.LastIndexOf('\n') + 1)];
        if (whole.Length < text.Length)
            File.WriteAllText(_part, whole);
        var lines = whole.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        if (lines.Length > 0 && lines[0] != header)
        {
            throw new UsageException(
                $"{_part} holds scores of another detector, or of other settings of it: delete it, or give another --out");
        }

        var at = (Line: 0, Text: "");
        try
        {
            foreach (var (number, line) in lines.Index().Skip(1))
            {
                at = (number + 1, line);
                var done = JsonSerializer.Deserialize<Done>(line)!;
                _done[done.Name] = done;
            }
        }
        catch (JsonException e)
        {
            throw new UsageException(
                $"{_part}:{at.Line} is not a line that this command writes: {JsonFault.Read(at.Text, e)}. Delete the file, or give another --out", e);
        }
    }

    /// <returns>Null where the image cannot be scored.</returns>
    private async Task<Done?> ScoreAsync(GenEvalImage image, CancellationToken stop)
    {
        try
        {
            var state = StateOf(image);
            var file = await File.ReadAllBytesAsync(PathOf(image), stop);
            var found = (await detector.AskAsync(new(file), OneImage, stop)).Answer;
            return new(image.Name, state, GenEvalFolder.Result(world, PathOf(image), image, found.Objects));
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException or BadAnswerException)
        {
            _failed[image.Name] = SystemFault.Of(e);
            return null;
        }
    }

    private int Finish(GenEvalFolder folder)
    {
        using (var results = new OutputFile(output))
        {
            foreach (var image in folder.Images)
            {
                if (_done.TryGetValue(image.Name, out var done))
                    results.Writer.WriteLine(done.Result);
            }

            results.Commit();
        }

        foreach (var what in folder.Missing)
            Terminal.Say($"Missing: {what}");
        foreach (var image in folder.Images)
        {
            if (_failed.TryGetValue(image.Name, out var reason))
                Terminal.Say($"Not scored: {image.Name}: {reason}");
        }

        // What could not be scored is tried again by the same command; all else is in the results.
        if (_failed.IsEmpty)
            File.Delete(_part);
        log.Say($"{folder.Images.Count - _failed.Count} images in {output}; detector {model.Title}, weights {detector.Digest}");
        return _failed.IsEmpty && folder.Missing.Count == 0 ? ExitCode.Done : ExitCode.Failures;
    }

    private string PathOf(GenEvalImage image) => Path.Combine(root, image.Name);

    private string StateOf(GenEvalImage image) =>
        new FileInfo(PathOf(image)) is var file ? $"{file.Length} {file.LastWriteTimeUtc.Ticks} {image.Metadata}" : "";

    /// <summary>"512/2212 images, 1.6 images/s, ETA 0:17:42".</summary>
    private static string Line(int ended, int all, TimeSpan elapsed)
    {
        var rate = ended / elapsed.TotalSeconds;
        return string.Create(
            CultureInfo.InvariantCulture, $"{ended}/{all} images, {rate:0.0#} images/s, ETA {TimeSpan.FromSeconds(Math.Ceiling((all - ended) / rate)):c}");
    }

    private sealed record Header(string Detector, string Digest);

    /// <param name="State">Of the image's file and prompt when it was scored.</param>
    /// <param name="Result">The line.</param>
    private sealed record Done(string Name, string State, string Result);
}
