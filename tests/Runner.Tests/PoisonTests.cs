using Microsoft.EntityFrameworkCore;
using ReflectDiT.Eval.Core.Detecting;
using ReflectDiT.Eval.Core.Models;
using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Ledger;
using ReflectDiT.Eval.Models.Host;
using ReflectDiT.Eval.Testing;

namespace ReflectDiT.Eval.Runner.Tests;

/// <summary>
/// Every way in which an answer can be wrong, through every kind of model, in a worker with other chains at work: the chains
/// or the scores that get it fail with a reason that can be read, and the others' rows are those of an undisturbed run.
/// </summary>
public sealed class PoisonTests(PostgresServer server, PoisonTests.Undisturbed undisturbed)
    : IClassFixture<PostgresServer>, IClassFixture<PoisonTests.Undisturbed>
{
    private const int Poisoned = 3;

    private static readonly CallSettings Calls = new(Tries: 2, TimeSpan.FromSeconds(30), ToleratedFailures: 0);

    private static readonly Dictionary<string, (Func<TestModels> Models, string Reason)> Poisons = new()
    {
        ["generator throws"] = (() => Drawing(_ => throw new InvalidDataException("no picture")), "generator, attempt 0 of \"*\": InvalidDataException: no picture (after 2 tries)"),
        ["generator cancels"] = (() => Drawing(_ => throw new OperationCanceledException("I give up")), "generator, attempt 0 of \"*\": it gave up: I give up (after 2 tries)"),
        ["generator says nothing"] = (() => Drawing(_ => null!), "generator, attempt 0 of \"*\": no answer (after 2 tries)"),
        ["empty image"] = (() => Drawing(d => d with { Image = default }), "an image without content"),
        ["negative evaluations"] = (() => Drawing(d => d with { FunctionEvaluations = -1 }), "-1 function evaluations"),
        ["drawing in NaN seconds"] = (() => Drawing(d => d with { DeviceSeconds = double.NaN }), "NaN device seconds"),
        ["judge throws"] = (() => Judging(_ => throw new FormatException("no verdict in it")), "judge, attempt 0 of \"*\": FormatException: no verdict in it (after 2 tries)"),
        ["judge says nothing"] = (() => Judging(_ => null!), "judge, attempt 0 of \"*\": no answer (after 2 tries)"),
        ["no verdict"] = (() => Judging(j => j with { Verdict = null! }), "no verdict"),
        ["score is NaN"] = (() => Judging(j => j with { Verdict = j.Verdict with { Score = double.NaN } }), "a score of NaN; expected 0 to 1"),
        ["score beyond 1"] = (() => Judging(j => j with { Verdict = j.Verdict with { NoScore = 1.5 } }), "a score for no of 1.5; expected 0 to 1"),
        ["no score"] = (() => Judging(j => j with { Verdict = j.Verdict with { Score = null } }), "a score of nothing; expected 0 to 1"),
        ["no feedback"] = (() => Judging(j => j with { Verdict = j.Verdict with { Feedback = null } }), "no feedback, not even an empty one"),
        ["accepts and complains"] = (() => Judging(j => j with { Verdict = new(true, 0.9, 0.1, "but the cat") }), "it accepts, and has feedback: but the cat"),
        ["feedback with U+0000"] = (() => Judging(j => j with { Verdict = new(false, 0.1, 0.9, "a \0 b") }), "a feedback with the character U+0000"),
        ["text with half of a pair"] = (() => Judging(j => j with { Text = "a \ud800 b" }), "a text with half of a surrogate pair"),
        ["text of megabytes"] = (() => Judging(j => j with { Text = new string('a', 3_000_000) }), "a text of 3000000 characters; 100000 at most"),
        ["negative tokens"] = (() => Judging(j => j with { Tokens = -5 }), "-5 tokens"),
        ["judged in infinite time"] = (() => Judging(j => j with { DeviceSeconds = double.PositiveInfinity }), "device seconds"),
    };

    private static readonly Dictionary<string, (Func<TestModels> Models, string Reason)> PoisonedScores = new()
    {
        ["detector throws"] = (() => Detecting(_ => throw new InvalidDataException("unreadable")), "detector, attempt 0 of \"*\": InvalidDataException: unreadable (after 2 tries)"),
        ["detector says nothing"] = (() => Detecting(_ => null!), "detector, attempt 0 of \"*\": no answer (after 2 tries)"),
        ["no objects"] = (() => Detecting(_ => new(null!)), "no objects, not even an empty list"),
        ["box at NaN"] = (() => Detecting(_ => Found("cat", new(float.NaN, 0, 1, 1, 0.9f, null))), "object 0 of cat: [NaN, 0, 1, 1] with score 0.9"),
        ["box surer than sure"] = (() => Detecting(_ => Found("cat", new(0, 0, 1, 1, 2, null))), "object 0 of cat: [0, 0, 1, 1] with score 2"),
        ["class with U+0000"] = (() => Detecting(_ => Found("c\0t", new(0, 0, 1, 1, 1, null))), "a class with the character U+0000"),
    };

    private static readonly Dictionary<string, (Func<Answer, Answer> Poison, string Reason)> PoisonedAnswers = new()
    {
        ["answerer throws"] = (_ => throw new InvalidDataException("unreadable"), "unreadable"),
        ["answerer says nothing"] = (_ => null!, "no answer"),
        ["no text"] = (a => a with { Text = null! }, "no text"),
        ["empty text"] = (a => a with { Text = "" }, "an empty text"),
        ["text of white space"] = (a => a with { Text = " \n" }, "an empty text"),
        ["text with U+0000"] = (a => a with { Text = "ye\0s" }, "a text with the character U+0000"),
        ["text with half of a pair"] = (a => a with { Text = "yes\ud800" }, "a text with half of a surrogate pair"),
        ["text of megabytes"] = (a => a with { Text = new string('y', 3_000_000) }, "a text of 3000000 characters; 1000 at most"),
        ["probability is NaN"] = (a => a with { Probability = double.NaN }, "a probability of NaN; expected 0 to 1"),
        ["probability beyond 1"] = (a => a with { Probability = 1.5 }, "a probability of 1.5; expected 0 to 1"),
        ["negative tokens"] = (a => a with { Tokens = -5 }, "-5 tokens"),
        ["answered in NaN seconds"] = (a => a with { DeviceSeconds = double.NaN }, "NaN device seconds"),
    };

    public static TheoryData<string> Kinds => [.. Poisons.Keys];

    public static TheoryData<string> KindsOfScores => [.. PoisonedScores.Keys];

    public static TheoryData<string> KindsOfAnswers => [.. PoisonedAnswers.Keys];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Poison_fails_its_own_chains_with_a_reason_and_touches_no_other(string kind)
    {
        await using var sweep = await TestSweep.CreateAsync(server);

        var progress = await sweep.RunAsync(TestSweep.Setup(Poisons[kind].Models(), Calls));

        Assert.Equal((40, 38, 2), (progress.Total, progress.Done, progress.Failed));
        await using var ledger = new LedgerContext(sweep.Session.Source);
        var failed = await ledger.Chains.Where(c => c.State == ChainState.Failed).ToListAsync();
        Assert.Equal([Poisoned, Poisoned], failed.Select(c => c.Prompt));
        Assert.All(failed, c => Assert.Contains(
            Poisons[kind].Reason.Replace("*", TestSweep.Setup(new()).Plan.Prompts[Poisoned].Text, StringComparison.Ordinal),
            c.Failure!,
            StringComparison.Ordinal));
        Assert.Equal(Others(await undisturbed.RowsAsync(server), failed), Others(await sweep.DumpAsync(), failed));
    }

    [Theory]
    [MemberData(nameof(KindsOfScores))]
    public async Task A_poisoned_score_is_left_out_with_a_reason_and_neither_its_chain_nor_any_other_score_suffers(string kind)
    {
        await using var sweep = await TestSweep.CreateAsync(server);

        var progress = await sweep.RunAsync(TestSweep.Setup(PoisonedScores[kind].Models(), Calls));

        Assert.Equal((40, 40, 0), (progress.Total, progress.Done, progress.Failed));
        await using var ledger = new LedgerContext(sweep.Session.Source);
        var poisoned = await ledger.Chains.Where(c => c.Prompt == Poisoned).ToListAsync();
        var scorings = await ledger.Scorings.ToListAsync();
        Assert.Equal(
            await ledger.Attempts.Where(a => poisoned.Select(c => c.Id).Contains(a.ChainId)).Select(a => a.DrawingId).Distinct().CountAsync(),
            scorings.Count);
        Assert.Equal((0, scorings.Count), (progress.Unscored.Open, progress.Unscored.Failed));
        var text = TestSweep.Setup(new()).Plan.Prompts[Poisoned].Text;
        Assert.Contains(
            scorings,
            s => s.Failure!.Contains(PoisonedScores[kind].Reason.Replace("*", text, StringComparison.Ordinal), StringComparison.Ordinal));
        Assert.Equal(Others(await undisturbed.RowsAsync(server), poisoned), Others(await sweep.DumpAsync(), poisoned));
    }

    /// <summary>Where scorers ask, at the host: what comes of a refusal there is the same for every kind of model.</summary>
    [Theory]
    [MemberData(nameof(KindsOfAnswers))]
    public async Task A_poisoned_answer_fails_with_a_reason_and_leaves_those_of_other_questions_alone(string kind)
    {
        const string Bad = "is it poisoned?";
        using var host = new ModelHost(new TestModels
        {
            Answered = (r, a) => r.Question == Bad ? PoisonedAnswers[kind].Poison(a) : a,
        });
        using var sound = new ModelHost(new TestModels());
        var good = Enumerable.Range(0, 6).Select(i => new AnswerRequest($"is it {i}?", new byte[] { 1 })).ToList();
        var refused = Ask(host, new(Bad, new byte[] { 1 }));
        var answers = await Task.WhenAll(good.Select(request => Ask(host, request)));

        Assert.Contains(PoisonedAnswers[kind].Reason, (await Assert.ThrowsAnyAsync<Exception>(() => refused)).Message, StringComparison.Ordinal);
        Assert.Equal((await Task.WhenAll(good.Select(r => Ask(sound, r)))).Select(a => a.Answer), answers.Select(a => a.Answer));

        static Task<Served<Answer>> Ask(ModelHost host, AnswerRequest request) =>
            host.Answerer(ModelConfiguration.RanElsewhere, new()).AskAsync(request, TimeSpan.FromMinutes(1), CancellationToken.None);
    }

    /// <summary>What nothing happens to, run once for all tests.</summary>
    public sealed class Undisturbed
    {
        private IReadOnlyList<string>? _rows;

        public async Task<IReadOnlyList<string>> RowsAsync(PostgresServer server)
        {
            if (_rows is null)
            {
                await using var sweep = await TestSweep.CreateAsync(server);
                await sweep.RunAsync(TestSweep.Setup(new(), Calls));
                _rows = await sweep.DumpAsync();
            }

            return _rows;
        }
    }

    private static IEnumerable<string> Others(IEnumerable<string> rows, IEnumerable<ChainRow> failed) =>
        rows.Where(r => !failed.Any(c => r.Contains(c.Id.ToString(), StringComparison.Ordinal)));

    private static bool IsPoisoned(string prompt) => prompt == TestSweep.Setup(new()).Plan.Prompts[Poisoned].Text;

    private static TestModels Drawing(Func<Drawing, Drawing> poison) =>
        new() { Drawn = (r, d) => IsPoisoned(r.Prompt) ? poison(d) : d };

    private static TestModels Judging(Func<Judgement, Judgement> poison) =>
        new() { Judged = (r, j) => IsPoisoned(r.Prompt) ? poison(j) : j };

    private static TestModels Detecting(Func<Detected, Detected> poison) => new()
    {
        Found = (r, f) => IsPoisoned(System.Text.Encoding.UTF8.GetString(r.Image.Span).Split('\n')[0]) ? poison(f) : f,
    };

    private static Detected Found(string name, Detection box) =>
        new(new Dictionary<string, IReadOnlyList<Detection>> { [name] = [box] });
}
