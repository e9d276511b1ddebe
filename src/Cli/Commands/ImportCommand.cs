using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using ReflectDiT.Eval.Benchmarks;
using ReflectDiT.Eval.Benchmarks.DpgBench;
using ReflectDiT.Eval.Benchmarks.GenEval;
using ReflectDiT.Eval.Core.Benchmarks;
using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Exchange.Imports;
using ReflectDiT.Eval.Ledger;
using ReflectDiT.Eval.Runner.Sweeps;

namespace ReflectDiT.Eval.Cli.Commands;

/// <summary><c>reflectdit import</c>: results of runs elsewhere, into the ledger as a sweep.</summary>
internal sealed class ImportCommand
{
    private const int FindingsShown = 10;

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private readonly LedgerOptions _ledger = new();
    private readonly Option<string?> _name =
        new("--name") { Description = "Name of the sweep; by default that of the first input" };

    private readonly Option<string[]> _arm = new("--arm")
    {
        Description = "Name of an arm, once for each input, in order; by default the name of the input",
        DefaultValueFactory = _ => [],
    };

    private readonly Option<string[]> _published = new("--published")
    {
        Description = "Id of the published arm to set beside an arm, once for each arm, in order; - for none",
        DefaultValueFactory = _ => [],
    };

    private readonly Option<int?> _n =
        new("--n") { Description = "The most attempts of a chain; by default those of the longest" };

    private readonly Option<string?> _benchmark = new("--benchmark")
    {
        Description = "Sweep file (SWEEP.yaml) of whose benchmark the results are; GenEval's if left out",
    };

    private readonly Option<UInt128> _seed = new("--seed")
    {
        Description = "GenEval's prompt set, as for 'reflectdit prompts'",
        CustomParser = result => UInt128.TryParse(result.Tokens[0].Value, out var seed) ? seed : Refuse(result),
        DefaultValueFactory = _ => (UInt128)43,
    };

    private readonly Option<int> _perTask =
        new("--per-task") { Description = "Prompts drawn for each category, as for 'reflectdit prompts'", DefaultValueFactory = _ => 100 };
    private readonly Option<bool> _images = new("--images")
    {
        Description = "Copy the images of the input into the data folder too; also into a sweep imported without",
    };

    private readonly Option<string> _format =
        new("--format") { Description = "text or json", DefaultValueFactory = _ => "text" };

    private ImportCommand()
    {
        _format.AcceptOnlyFromAmong("text", "json");
        _perTask.Validators.Add(r =>
        {
            if (r.GetValueOrDefault<int>() is < 1 or > PromptSet.MostPerTask)
                r.AddError($"--per-task: expected a whole number from 1 to {PromptSet.MostPerTask}");
        });
        _n.Validators.Add(r =>
        {
            if (r.GetValueOrDefault<int?>() is < 1 or > ArmInput.MostAttempts)
                r.AddError($"--n: expected a whole number from 1 to {ArmInput.MostAttempts}");
        });
    }

    public static Command Create() =>
        new("import", "Take results of runs elsewhere into the ledger, as a sweep of its own")
    {
        new ImportCommand().Verb(
            ArmInput.GenEval,
            "Results of GenEval's scorer: a RESULTS.jsonl, or the folder that holds it",
            (path, arm, _) => [GenEvalInput.Read(path, arm)]),
        new ImportCommand().Verb(
            ArmInput.Dpg,
            "Results of DPG-Bench's script: its _results.txt, with the _detail.txt beside it; --benchmark names a sweep file of that kind",
            (path, arm, benchmark) => [DpgInput.Read(path, arm, DpgBenchmark.ItemsOf(benchmark))]),
        new ImportCommand().Verb(
            ArmInput.ReflectDit,
            "The folder that the released Reflect-DiT code leaves: images and .feedback.json files",
            (path, arm, benchmark) => [ReflectDitInput.Read(path, arm, BenchmarkCatalog.PassOrFail(benchmark.Kind))]),
        new ImportCommand().Verb(
            ArmInput.Csv, "A table, one attempt a line: docs/data.md lists its columns",
            (path, arm, benchmark) => CsvInput.Read(path, arm, BenchmarkCatalog.PassOrFail(benchmark.Kind))),
    };

    private static UInt128 Refuse(System.CommandLine.Parsing.ArgumentResult result)
    {
        result.AddError($"--seed: expected a whole number from 0, found '{result.Tokens[0].Value}'");
        return default;
    }

    private Command Verb(string format, string description, Func<string, string, BenchmarkConfiguration, IReadOnlyList<ArmInput>> read)
    {
        var inputs = new Argument<string[]>("INPUT") { Description = description, Arity = ArgumentArity.OneOrMore };
        var command = new Command(format, description) { inputs, _name, _arm, _published, _n, _benchmark, _seed, _perTask, _format };
        if (format is not (ArmInput.Csv or ArmInput.Dpg))
        {
            command.Add(_images); // the others have none
        }

        _ledger.AddTo(command);
        command.SetAction((parsed, cancellation) =>
            RunAsync(parsed, parsed.GetRequiredValue(inputs), read, cancellation));
        return command;
    }

    private async Task<int> RunAsync(
        ParseResult parsed,
        string[] paths,
        Func<string, string, BenchmarkConfiguration, IReadOnlyList<ArmInput>> read,
        CancellationToken cancellation)
    {
        var import = Read(parsed, paths, read);
        await using var session = await _ledger.OpenAsync(
            parsed, parsed.GetValue(_images) ? ImageUse.Write : ImageUse.None, cancellation);
        var artifacts = parsed.GetValue(_images) ? session.Artifacts : null;
        var (isNew, images, arms) = await new ImportStore(session.Source).WriteAsync(import.Plan, import.Arms, artifacts, cancellation);
        if (parsed.GetRequiredValue(_format) == "json")
        {
            Console.WriteLine(JsonSerializer.Serialize(
                new
                {
                    Sweep = import.Plan.Name,
                    import.Plan.Id,
                    New = isNew,
                    Images = images,
                    Arms = arms.Select(Summary),
                },
                Json));
        }

        foreach (var arm in arms)
        {
            Say(arm);
        }

        if (artifacts is not null)
        {
            Terminal.Say($"{images} images were copied into {_ledger.Data(parsed)}.");
        }

        var name = $"sweep {import.Plan.Name} ({import.Plan.Id})";
        Terminal.Say(isNew
            ? $"Imported as {name}. 'reflectdit report {import.Plan.Name}' shows it."
            : $"This input is in the ledger already, as {name}: no row was added.");
        return arms.All(IsWhole) ? ExitCode.Done : ExitCode.Incomplete;
    }

    private SweepImport Read(ParseResult parsed, string[] paths, Func<string, string, BenchmarkConfiguration, IReadOnlyList<ArmInput>> read)
    {
        var (arms, published) = (parsed.GetRequiredValue(_arm), parsed.GetRequiredValue(_published));
        if (arms.Length > 0 && arms.Length != paths.Length)
        {
            throw new UsageException(
                $"--arm: {arms.Length} names for {paths.Length} inputs; give one for each, in order");
        }

        try
        {
            var benchmark = Benchmark(parsed);
            var inputs = paths.Index().SelectMany(p =>
                read(p.Item, arms.Length > 0 ? arms[p.Index] : NameOf(p.Item), benchmark)).ToList();
            if (inputs.CountBy(i => i.Name).FirstOrDefault(n => n.Value > 1).Key is { } twice)
            {
                throw new UsageException($"two arms are called '{twice}'; --arm gives each a name of its own");
            }

            if (published.Length > 0 && published.Length != inputs.Count)
            {
                throw new UsageException(
                    $"--published: {published.Length} ids for {inputs.Count} arms "
                    + $"({string.Join(", ", inputs.Select(i => i.Name))}); give one for each, in order, - for none");
            }

            var numbers = BenchmarkCatalog.Open(benchmark).Tables.Published;
            for (var i = 0; i < published.Length; i++)
            {
                inputs[i] = inputs[i] with { Published = published[i] == "-" ? null : published[i] };
            }

            inputs.ForEach(i => Check(numbers, i));
            return SweepImport.Of(
                SweepName.From(parsed.GetValue(_name) ?? NameOf(paths[0])),
                benchmark,
                inputs,
                parsed.GetValue(_n));
        }
        catch (InvalidDataException e)
        {
            throw new UsageException(e.Message, e);
        }
        catch (RecordException e)
        {
            throw new UsageException(e.Finding.ToString(), e);
        }
    }

    private BenchmarkConfiguration Benchmark(ParseResult parsed)
    {
        if (parsed.GetValue(_benchmark) is not { } file)
        {
            return GenEvalBenchmark.Configuration(parsed.GetRequiredValue(_seed), parsed.GetRequiredValue(_perTask));
        }

        return parsed.GetResult(_seed) is { Implicit: false } || parsed.GetResult(_perTask) is { Implicit: false }
            ? throw new UsageException("--benchmark names the prompts: --seed and --per-task say nothing beside it")
            : RunCommand.Read(file, []).Configuration.Benchmark;
    }

    private static void Check(PublishedNumbers numbers, ArmInput input)
    {
        try
        {
            numbers.Arm(input.Published);
        }
        catch (FormatException e)
        {
            throw new UsageException($"arm '{input.Name}': {e.Message}", e);
        }
    }

    /// <summary>The file or folder's own name, without what says its format.</summary>
    private static string NameOf(string path)
    {
        var name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)));
        foreach (var ending in new[] { ".gz", ".jsonl", ".csv", ".txt" })
        {
            name = name.EndsWith(ending, StringComparison.Ordinal) && name.Length > ending.Length
                ? name[..^ending.Length]
                : name;
        }

        return name.Length > 0 ? name : "import";
    }

    private static bool IsWhole(ImportedArm arm) =>
        arm.Chains.All(c => c.Failure is null)
        && !arm.Findings.Any(
            f => f.Kind is FindingKind.Unreadable or FindingKind.UnknownPrompt or FindingKind.DuplicateIndex or FindingKind.NoImage);

    private static object Summary(ImportedArm arm) => new
    {
        arm.Input.Name,
        arm.Input.Format,
        arm.Input.Path,
        arm.Input.Sha256,
        arm.Input.Published,
        arm.N,
        arm.Replicates,
        Done = arm.Chains.Count(c => c.Failure is null),
        Failed = arm.Chains.Count(c => c.Failure is not null),
        Attempts = arm.Chains.Sum(c => c.Attempts.Count),
        arm.Simulated,
        Oracle = arm.UsesScorer || arm.Leaked,
        arm.Leaked,
        Whole = IsWhole(arm),
        arm.Findings,
    };

    private static void Say(ImportedArm arm)
    {
        var oracle = arm.Leaked ? ", ORACLE: leaked" : arm.UsesScorer ? ", ORACLE" : "";
        Terminal.Say(
            $"Arm {arm.Input.Name}: {arm.Chains.Count(c => c.Failure is null)} of {arm.Chains.Count} chains, "
            + $"{arm.Chains.Sum(c => c.Attempts.Count)} images, N={arm.N}{oracle}"
            + $"{(arm.Simulated ? ", SIMULATED" : "")}, from {arm.Input.Path} ({arm.Input.Format})");
        foreach (var kind in arm.Findings.GroupBy(f => f.Kind))
        {
            foreach (var finding in kind.Take(FindingsShown))
            {
                Terminal.Say($"  {kind.Key}: {finding}");
            }

            if (kind.Count() > FindingsShown)
            {
                Terminal.Say(
                    $"  {kind.Key}: {kind.Count() - FindingsShown} more; --format json lists them all");
            }
        }
    }
}
