using System.CommandLine;
using ReflectDiT.Eval.Analysis.Reports;
using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Analysis.Studies;
using ReflectDiT.Eval.Benchmarks;
using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Core.Text;
using ReflectDiT.Eval.Exchange.Imports;
using ReflectDiT.Eval.Exchange.Studies;
using ReflectDiT.Eval.Ledger;

namespace ReflectDiT.Eval.Cli.Commands;

/// <summary><c>reflectdit study</c>: people vote, blind, between the images of two arms.</summary>
internal static class StudyCommand
{
    private const int MostRaters = 1000;

    public static Command Create() => new("study", "Ask people which of two arms' images they prefer, blind; they vote in the dashboard")
    {
        CreateStudy(), Report(), Export(), Import(),
    };

    private static Command CreateStudy()
    {
        var ledger = new LedgerOptions();
        var first = new Argument<string>("A") { Description = "SWEEP/ARM whose wins are counted: a sweep's name or id, an arm's name or number from 0" };
        var second = new Argument<string>("B") { Description = "SWEEP/ARM that it is compared with, of the same sweep" };
        var name = new Option<string?>("--name") { Description = "Of the study; by default that of the sweep" };
        var n = Number<int>("--n", "How many attempts each chain may use at most; by default all that its arm has", 1);
        var prompts = Number<int>("--prompts", "How many prompts, drawn at random from the categories in proportion to their sizes; by default all", 1);
        var question = new Option<string>("--question") { Description = "What raters read above each pair", DefaultValueFactory = _ => StudyManifest.UsualQuestion };
        var raters = Number<int>("--raters", "How many people are planned", 1, MostRaters);
        raters.DefaultValueFactory = _ => 3;
        var repeats = Number<double>("--repeats", "Share of the pairs that each rater sees once more, on changed sides", 0, 0.5);
        repeats.DefaultValueFactory = _ => 0.05;
        var seed = Number<long>("--seed", "Of all that is drawn: prompts, order, sides; by default that of the sweep", 0);
        var dry = new Option<bool>("--dry-run") { Description = "Say what the study would ask and could see, and write nothing" };
        var command = new Command("create", "Write down what is asked; it is never changed") { first, second, name, n, prompts, question, raters, repeats, seed, dry };
        ledger.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            var dryRun = parsed.GetValue(dry);
            await using var session = await ledger.OpenExistingAsync(parsed, cancellation, images: ImageUse.Read, readOnly: dryRun);
            var a = await ArmAddress.FindAsync(session, parsed.GetRequiredValue(first), scorer: null, cancellation);
            var b = await ArmAddress.FindAsync(session, parsed.GetRequiredValue(second), scorer: null, cancellation);
            if (a.Sweep.Id != b.Sweep.Id || a.Arm.Name == b.Arm.Name)
            {
                throw new UsageException("A and B: expected two arms of one sweep, so that both draw the same prompts");
            }

            var called = PlainName.Of(parsed.GetValue(name) ?? a.Sweep.Sweep);
            if (PlainName.Fault(called) is { } fault)
            {
                throw new UsageException($"--name: {fault}");
            }

            var design = new StudyDesign(
                called, parsed.GetValue(n), parsed.GetValue(prompts), parsed.GetRequiredValue(question), parsed.GetValue(seed) ?? a.Sweep.Seed,
                parsed.GetValue(raters)!.Value, parsed.GetValue(repeats)!.Value);
            var manifest = Draw(
                design, a.Sweep, Index(a.Sweep, a.Arm), Index(a.Sweep, b.Arm),
                await session.Studies.ImagesAsync(Guid.Parse(a.Sweep.Id), cancellation));
            Describe(manifest, a.Arm.Label, b.Arm.Label);
            if (!dryRun)
            {
                var study = await session.Studies.AddAsync(manifest, cancellation);
                Terminal.Say($"Study {study.Name} ({study.Id}) is written down. Add raters in 'reflectdit dashboard', page Studies.");
            }

            return ExitCode.Done;
        });
        return command;
    }

    private static Command Report()
    {
        var ledger = new LedgerOptions();
        var study = Study();
        var format = new Option<string>("--format") { Description = string.Join(", ", ReportFormat.Names), DefaultValueFactory = _ => "text" };
        format.AcceptOnlyFromAmong([.. ReportFormat.Names]);
        var command = new Command("report", "Show what people prefer, how far they agree, and how far judge and scorer agree with them") { study, format };
        ledger.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            await using var session = await ledger.OpenExistingAsync(parsed, cancellation, readOnly: true);
            var row = await session.Studies.FindAsync(parsed.GetRequiredValue(study), cancellation);
            var sweep = await session.Sweeps.FindAsync(row.Sweep.ToString(), cancellation);
            var votes = await session.Votes.OfStudyAsync(row.Id, cancellation);
            var raters = await session.Studies.RatersAsync(row.Id, cancellation);
            var results = StudyResults.Of(await session.Studies.ManifestAsync(row.Id, cancellation), [.. raters.Select(r => r.Rater)], votes);
            var report = StudyReport.Of(
                results, votes, await SweepResultsQuery.LoadAsync(session, sweep, BenchmarkCatalog.Open, cancellation),
                SweepConfiguration.FromJson(sweep.Configuration));
            Terminal.Write(report.Render(parsed.GetRequiredValue(format)), parsed.GetRequiredValue(format));
            return results.IsComplete ? ExitCode.Done : ExitCode.Incomplete;
        });
        return command;
    }

    private static Command Export()
    {
        var ledger = new LedgerOptions();
        var study = Study();
        var file = new Argument<string>("FILE") { Description = "FILE.json for manifest and votes, FILE.csv for the votes, one a line" };
        var command = new Command("export", "Write a study's votes into a file") { study, file };
        ledger.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            var path = parsed.GetRequiredValue(file);
            var ending = Ending(path);
            await using var session = await ledger.OpenExistingAsync(parsed, cancellation, readOnly: true);
            var row = await session.Studies.FindAsync(parsed.GetRequiredValue(study), cancellation);
            var votes = await session.Votes.OfStudyAsync(row.Id, cancellation);
            OutputFile.Write(path, StudyFile.Of(await session.Studies.ManifestAsync(row.Id, cancellation), votes).Write(ending));
            Terminal.Say($"{votes.Count} votes of study {row.Name} are in {path}.");
            return ExitCode.Done;
        });
        return command;
    }

    private static Command Import()
    {
        var ledger = new LedgerOptions();
        var file = new Argument<string>("FILE") { Description = "FILE.json of 'study export', or FILE.csv with columns rater, prompt_index, left, answer" };
        var study = new Argument<string?>("STUDY")
        {
            Description = "Of which the votes of FILE.csv are: its name, its id or the beginning of its id",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var command = new Command("import", "Take in votes of new raters, all or none; of FILE.json the study too, where it is not there yet") { file, study };
        ledger.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            var (path, named) = (parsed.GetRequiredValue(file), parsed.GetValue(study));
            if (Ending(path) == StudyFile.Csv == named is null)
            {
                throw new UsageException(named is null ? $"{path} does not say of which study it is: name STUDY too" : $"{path} says itself of which study it is");
            }

            await using var session = await ledger.OpenExistingAsync(parsed, cancellation);
            try
            {
                StudyRow row;
                IReadOnlyList<StudyVote> votes;
                if (named is not null)
                {
                    row = await session.Studies.FindAsync(named, cancellation);
                    votes = StudyFile.ReadCsv(path, await session.Studies.ManifestAsync(row.Id, cancellation));
                }
                else
                {
                    (var manifest, votes) = StudyFile.ReadJson(path);
                    row = await session.Studies.AddAsync(manifest, cancellation);
                }

                await session.Votes.ImportAsync(row.Id, votes, cancellation);
                session.Changes.Touch();
                Terminal.Say($"{votes.Count} votes of {votes.Select(v => v.Rater).Distinct().Count()} raters are in study {row.Name} ({row.Id}).");
                return ExitCode.Done;
            }
            catch (RecordException e)
            {
                throw new UsageException($"{e.Finding}", e);
            }
            catch (FormatException e)
            {
                throw new UsageException(e.Message, e);
            }
        });
        return command;
    }

    private static void Describe(StudyManifest manifest, string first, string second)
    {
        var same = manifest.Pairs.Count - manifest.Asked.Count;
        List<string> lines =
        [
            $"{first}, N={manifest.First.N}, against {second}, N={manifest.Second.N}: {manifest.Pairs.Count} prompts"
                + (same > 0 ? $"; {same} show the same image in both arms, count as ties and are not asked" : "") + ".",
            $"Each of {manifest.Raters} raters answers {manifest.Showings} times, {manifest.Repeated} of them to a pair that comes again.",
            .. manifest.LeftOut > 0 ? [$"{manifest.LeftOut} prompts have no image of one of the arms, and are left out."] : (string[])[],
            $"{StudySight.Of(manifest).Sentence}.",
        ];
        Terminal.Write(string.Concat(lines.Select(l => l + "\n")), "text");
    }

    private static StudyManifest Draw(
        StudyDesign design, SweepResults sweep, int first, int second, IReadOnlyDictionary<(int Arm, int Prompt, int Attempt), string> images)
    {
        try
        {
            return design.Draw(sweep, first, second, images);
        }
        catch (ArgumentException e)
        {
            throw new UsageException(e.Message, e);
        }
    }

    private static int Index(SweepResults sweep, ArmResults arm) => sweep.Arms.Index().First(a => a.Item.Name == arm.Name).Index;

    private static string Ending(string path) => Path.GetExtension(path) is StudyFile.Json or StudyFile.Csv
        ? Path.GetExtension(path)
        : throw new UsageException($"{path}: expected a name that ends in {StudyFile.Json} or {StudyFile.Csv}");

    private static Argument<string> Study() => new("STUDY") { Description = "Its name, its id or the beginning of its id" };

    private static Option<T?> Number<T>(string name, string description, T least, T? most = null)
        where T : struct, System.Numerics.INumber<T> => new(name)
        {
            Description = description,
            CustomParser = result => NumberArgument.Between(result, least, most),
        };
}
