using Npgsql;
using ReflectDiT.Eval.Core.Sweeps;
using ReflectDiT.Eval.Testing;

namespace ReflectDiT.Eval.Ledger.Tests;

/// <summary>Drawings, judgements and scores are there once, whoever asks for them, and the first that is there counts.</summary>
public sealed class FactTests(PostgresServer server) : IClassFixture<PostgresServer>
{
    [Fact]
    public async Task Chains_that_ask_for_the_same_share_what_was_drawn_judged_and_scored()
    {
        await using var ledger = await LedgerFixture.CreateAsync(server);
        await ledger.Session.Sweeps.PlanAsync(LedgerFixture.Plan(), CancellationToken.None);
        var (worker, chains) = await ledger.ClaimAsync();
        await using var _ = worker;
        await using (var one = ledger.Writer())
        await using (var other = ledger.Writer())
        {
            var shared = LedgerFixture.Attempt(chains[0], 0, "same", [1, 2, 3], "fault");
            await Task.WhenAll(one.AppendAsync(shared), one.AppendAsync(shared with { Chain = chains[1].Id, Epoch = chains[1].Epoch }));
            Assert.True(shared.Drawing.IsStored && shared.Judgement.IsStored && shared.Score!.IsStored);
            await other.AppendAsync(LedgerFixture.Attempt(chains[2], 0, "same", [1, 2, 3], "fault"));
        }

        Assert.Equal(3, await ledger.ScalarAsync<long>("SELECT count(*) FROM reflectdit.attempts"));
        foreach (var table in new[] { "drawings", "judgements", "scores" })
        {
            Assert.Equal(1, await ledger.ScalarAsync<long>($"SELECT count(*) FROM reflectdit.{table}"));
        }

        // One process drew it once for two chains; another, which did not look first, drew it again.
        Assert.Equal(2, await ledger.ScalarAsync<int>("SELECT times FROM reflectdit.drawings"));
        Assert.Equal(2, await ledger.ScalarAsync<int>("SELECT times FROM reflectdit.judgements"));
        Assert.Equal(3, await ledger.ScalarAsync<long>("SELECT count(*) FROM reflectdit.attempt_scores"));
    }

    [Theory]
    [InlineData(4, "fault")] // another image
    [InlineData(3, "another fault")]
    public async Task Another_result_of_the_same_work_is_refused_and_the_stored_one_is_found(int pixel, string feedback)
    {
        await using var ledger = await LedgerFixture.CreateAsync(server);
        await ledger.Session.Sweeps.PlanAsync(LedgerFixture.Plan(), CancellationToken.None);
        var (worker, chains) = await ledger.ClaimAsync();
        await using var _ = worker;
        await using var writer = ledger.Writer();
        var first = LedgerFixture.Attempt(chains[0], 0, "same", [1, 2, 3], "fault");
        await writer.AppendAsync(first);
        var late = LedgerFixture.Attempt(chains[1], 0, "same", [1, 2, (byte)pixel], feedback);
        var refused = await Assert.ThrowsAsync<PostgresException>(() => writer.AppendAsync(late));
        Assert.Equal(AttemptWriter.OtherFact, refused.SqlState);

        var store = new FactStore(ledger.Session.Source);
        var drawing = await store.DrawingAsync(late.Drawing.Id);
        var judgement = await store.JudgementAsync(late.Judgement.Id);
        var score = await store.ScoreAsync(late.Drawing.Id, late.Score!.Scorer);
        Assert.Equal(first.Drawing.Image, drawing!.Image);
        Assert.Equal(first.Judgement.Verdict, judgement!.Verdict);
        Assert.Equal(first.Score!.Score, score!.Score);
        await writer.AppendAsync(late with { Drawing = drawing, Judgement = judgement, Score = score });
        Assert.Equal(1, await ledger.ScalarAsync<int>("SELECT times FROM reflectdit.drawings"));
    }

    [Fact]
    public async Task Writers_that_bring_the_same_facts_at_once_in_any_order_all_come_through()
    {
        await using var ledger = await LedgerFixture.CreateAsync(server);
        await ledger.Session.Sweeps.PlanAsync(LedgerFixture.Plan(prompts: 200), CancellationToken.None);
        var (worker, chains) = await ledger.ClaimAsync();
        await using var _ = worker;
        var writers = Enumerable.Range(0, 4).Select(_ => ledger.Writer()).ToList();
        await Task.WhenAll(chains.Index().Select(c => writers[c.Index % 4].AppendAsync(
            LedgerFixture.Attempt(c.Item, 0, $"{(c.Index * 37) % 50}", [(byte)((c.Index * 37) % 50)], "fault"))));
        writers.ForEach(w => w.DisposeAsync().AsTask().Wait());
        Assert.Equal(400, await ledger.ScalarAsync<long>("SELECT count(*) FROM reflectdit.attempts"));
        Assert.Equal(50, await ledger.ScalarAsync<long>("SELECT count(*) FROM reflectdit.drawings"));
    }

    [Fact]
    public void A_drawing_is_named_by_all_that_it_was_made_from_and_by_nothing_else()
    {
        var model = new ModelConfiguration("kind", null) { Batch = 4 };
        byte[] image = [1, 2];
        Guid Id(ModelConfiguration? of = null, string digest = "d", string prompt = "a cat", long seed = 1, params (byte[], string)[] context) =>
            DrawingFact.IdOf(of ?? model, digest, prompt, seed, context);
        Guid[] others =
        [
            Id(model with { Batch = 5 }), Id(digest: "e"), Id(prompt: "a dog"), Id(seed: 2), Id(context: (image, "x")),
            Id(context: [(image, "x"), (image, "y")]), Id(context: [(image, "y"), (image, "x")]), Id(context: (image, "x\",\"y")),
            JudgementFact.IdOf(model, "d", "a cat", image, 1), JudgementFact.IdOf(model, "d", "a cat", image, null),
        ];
        Assert.Equal(others.Length + 1, others.Append(Id()).Distinct().Count());
        Assert.Equal(Id(), Id(model with { Digest = "d" })); // a sweep that pins the weights asks for the same
    }

    [Fact]
    public async Task What_nobody_drew_is_not_found_and_many_are_asked_for_at_once()
    {
        await using var ledger = await LedgerFixture.CreateAsync(server);
        await ledger.Session.Sweeps.PlanAsync(LedgerFixture.Plan(prompts: 50), CancellationToken.None);
        var (worker, chains) = await ledger.ClaimAsync();
        await using var _ = worker;
        var attempts = chains.Select(c => LedgerFixture.Attempt(c, 0)).ToList();
        await using (var writer = ledger.Writer())
        {
            await Task.WhenAll(attempts.Select(writer.AppendAsync));
        }

        var store = new FactStore(ledger.Session.Source);
        var found = await Task.WhenAll(attempts.Select(a => store.DrawingAsync(a.Drawing.Id)).Append(store.DrawingAsync(Guid.NewGuid())));
        Assert.Equal(attempts.Select(a => a.Drawing.Image), found.SkipLast(1).Select(d => d!.Image));
        Assert.Null(found[^1]);
    }
}
