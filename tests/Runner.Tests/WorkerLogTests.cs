using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using ReflectDiT.Eval.Testing;

namespace ReflectDiT.Eval.Runner.Tests;

public sealed class WorkerLogTests(PostgresServer server) : IClassFixture<PostgresServer>
{
    [Fact]
    public async Task A_try_that_fails_a_write_that_is_refused_and_a_lease_that_is_lost_are_each_said_once()
    {
        using var log = new Recorder();
        using var logs = LoggerFactory.Create(builder => builder.AddProvider(log));
        await using var sweep = await TestSweep.CreateAsync(server, logs);
        var draws = 0;
        var models = new TestModels
        {
            BeforeDraw = async _ =>
            {
                switch (Interlocked.Increment(ref draws))
                {
                    case 5:
                        throw new InvalidOperationException("no memory");
                    case 30: // by then chains have attempts of this worker
                        await using (var take = sweep.Session.Source.CreateCommand(
                            """
                            WITH held AS (SELECT id FROM reflectdit.chains WHERE worker IS NOT NULL ORDER BY id FOR NO KEY UPDATE)
                            UPDATE reflectdit.chains c SET epoch = epoch + 1, worker = NULL FROM held WHERE c.id = held.id
                            """))
                        {
                            await take.ExecuteNonQueryAsync();
                        }

                        break;
                }
            },
        };

        var progress = await sweep.RunAsync(TestSweep.Setup(models));

        Assert.Equal((2 * TestSweep.Prompts, 0), (progress.Done, progress.Failed));
        var retried = Assert.Single(log.Of("CallRetried"));
        Assert.Equal("draw, no memory", $"{retried["Stage"]}, {retried["Reason"]}");
        var fenced = log.Of("WriteFenced").Select(m => $"{m["Chain"]} {m["Epoch"]}").ToList();
        Assert.NotEmpty(fenced);
        Assert.Distinct(fenced);
        var lost = log.Of("LeaseLost").Select(m => $"{m["Chain"]} {m["Epoch"]}").ToList();
        Assert.Distinct(lost);
        Assert.Empty(fenced.Except(lost)); // a chain may hear of its loss before it writes
        Assert.Single(log.Of("ShiftBegan"));
        Assert.Single(log.Of("ShiftEnded"));
        Assert.Empty(log.Of("OutageBegan"));
    }

    /// <summary>Keeps what is said: the event's name and its values.</summary>
    private sealed class Recorder : ILoggerProvider, ILogger
    {
        private readonly ConcurrentQueue<(string? Event, Dictionary<string, object?> Values)> _said = new();

        public IEnumerable<IReadOnlyDictionary<string, object?>> Of(string name) =>
            _said.Where(s => s.Event == name).Select(s => s.Values);

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            _said.Enqueue((eventId.Name, ((IEnumerable<KeyValuePair<string, object?>>)state!).ToDictionary()));

        public void Dispose()
        {
        }
    }
}
