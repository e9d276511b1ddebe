using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.EntityFrameworkCore;
using ReflectDiT.Eval.Ledger;
using ReflectDiT.Eval.Runner.Telemetry;
using ReflectDiT.Eval.Testing;

namespace ReflectDiT.Eval.Runner.Tests;

public sealed class TraceTests(PostgresServer server) : IClassFixture<PostgresServer>
{
    [Fact]
    public async Task A_chain_is_one_trace_under_its_own_id_with_spans_of_its_claim_and_of_each_attempts_stages()
    {
        var spans = new ConcurrentBag<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == WorkerMetrics.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = spans.Add,
        };
        ActivitySource.AddActivityListener(listener);
        await using var sweep = await TestSweep.CreateAsync(server);

        var setup = TestSweep.Setup(new TestModels());

        // Other tests run at the same time, and the ids of their chains are theirs.
        await sweep.RunAsync(setup with { Plan = setup.Plan with { Configuration = """{"name":"traced"}""" } });

        await using var ledger = new LedgerContext(sweep.Session.Source);
        var attempts = (await ledger.Attempts.Select(a => a.ChainId).ToListAsync()).CountBy(id => id).ToList();
        Assert.Equal(2 * TestSweep.Prompts, attempts.Count);
        var traces = spans.ToLookup(s => s.TraceId.ToHexString());
        Assert.All(attempts, chain =>
        {
            var trace = traces[chain.Key.ToString("N")].ToList();
            var root = Assert.Single(trace, s => s.OperationName == "chain");
            Assert.Equal((default, chain.Key), (root.ParentSpanId, root.GetTagItem("reflectdit.chain")));
            var children = trace.Except([root]).Where(s => s.OperationName != "score").ToList();
            Assert.All(children, s => Assert.Equal(root.SpanId, s.ParentSpanId));
            var stages = children.CountBy(s => s.OperationName).ToDictionary();
            Assert.Equal((1, chain.Value), (stages["claim"], stages["write"]));

            // Attempt 0 is that of the other arm too, and drawn by whoever came first.
            Assert.All(["draw", "judge"], s => Assert.InRange(stages.GetValueOrDefault(s), chain.Value - 1, chain.Value));

            // No part of the worker's time with the chain, and none of another's drawing.
            var scores = trace.Where(s => s.OperationName == "score").ToList();
            Assert.InRange(scores.Count, chain.Value - 1, chain.Value);
            Assert.All(scores, s => Assert.Equal(default, s.ParentSpanId));
            Assert.Equal(
                Enumerable.Range(0, chain.Value),
                children.Where(s => s.OperationName == "write").Select(s => (int)s.GetTagItem("reflectdit.attempt")!).Order());
        });
    }
}
