using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using ReflectDiT.Eval.Ledger;
using ReflectDiT.Eval.Testing;

namespace ReflectDiT.Eval.Runner.Tests;

/// <summary>What others do wrong ends no worker: not the database, not a row, not a sweep, not an artifact.</summary>
public sealed class WorkerTests(PostgresServer server) : IClassFixture<PostgresServer>
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    [Fact]
    public async Task A_worker_whose_listening_session_alone_dies_goes_on_under_a_new_number_and_hears_again()
    {
        await using var sweep = await TestSweep.CreateAsync(server);
        await using var worker = await RunningWorker.StartAsync(sweep, TestSweep.Setup(new()));
        var first = await worker.NumberAsync();
        await EndSessionAsync(sweep, first);
        await worker.UntilAsync($"SELECT count(*) FROM reflectdit.workers WHERE number > {first} AND ended_at IS NULL", 1);
        await worker.UntilAsync($"SELECT count(*) FROM reflectdit.workers WHERE number = {first} AND ended_at IS NOT NULL", 1);
        await worker.UntilDoneAsync();
        Assert.Equal(await UndisturbedAsync(), await sweep.DumpAsync());
    }

    [Fact]
    public async Task A_worker_that_was_ended_by_others_goes_on_under_a_new_number()
    {
        await using var sweep = await TestSweep.CreateAsync(server);
        await using var worker = await RunningWorker.StartAsync(sweep, TestSweep.Setup(new()));
        var first = await worker.NumberAsync();
        await ExecuteAsync(sweep, $"UPDATE reflectdit.workers SET ended_at = now() WHERE number = {first}");
        await worker.UntilAsync($"SELECT count(*) FROM reflectdit.workers WHERE number > {first} AND ended_at IS NULL", 1);
        await worker.UntilDoneAsync();
        Assert.Equal(await UndisturbedAsync(), await sweep.DumpAsync());
    }

    /// <summary>
    /// Each of these is raised by the server in the middle of writes, several times: too many connections, deadlock,
    /// serialization failure, shutdown by an administrator, a standby that takes no writes, a cancelled statement.
    /// </summary>
    [Theory]
    [InlineData("53300")]
    [InlineData("40P01")]
    [InlineData("40001")]
    [InlineData("57P01")]
    [InlineData("25006")]
    [InlineData("57014")]
    public async Task Faults_of_the_database_that_pass_are_waited_out(string state)
    {
        await using var sweep = await TestSweep.CreateAsync(server);
        await ExecuteAsync(sweep, $"""
            CREATE SEQUENCE faults;
            CREATE FUNCTION fault() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                IF nextval('faults') % 3 = 1 AND currval('faults') < 8 THEN RAISE EXCEPTION 'a fault' USING ERRCODE = '{state}'; END IF;
                RETURN NULL; END $$;
            CREATE TRIGGER fault BEFORE INSERT ON reflectdit.attempts FOR EACH STATEMENT EXECUTE FUNCTION fault();
            """);
        var progress = await sweep.RunAsync(TestSweep.Setup(new()));
        Assert.Equal((40, 40, 0), (progress.Total, progress.Done, progress.Failed));
        Assert.InRange(await ScalarAsync(sweep, "SELECT last_value FROM faults"), 8, long.MaxValue);
        Assert.Equal(await UndisturbedAsync(), await sweep.DumpAsync());
    }

    [Fact]
    public async Task A_database_that_takes_no_writes_is_waited_for_and_asked_seldom()
    {
        await using var sweep = await TestSweep.CreateAsync(server);
        await ReadOnlyAsync(sweep, true);
        await using var worker = await RunningWorker.StartAsync(sweep, TestSweep.Setup(new()), plan: false);
        await worker.UntilWaitingAsync();
        await ReadOnlyAsync(sweep, false);
        await sweep.Session.Sweeps.PlanAsync(TestSweep.Setup(new()).Plan, CancellationToken.None);
        await worker.UntilDoneAsync();
        Assert.Equal(await UndisturbedAsync(), await sweep.DumpAsync());
    }

    [Fact]
    public async Task A_row_that_the_database_refuses_fails_its_chain_with_the_reason_and_the_others_are_written()
    {
        await using var sweep = await TestSweep.CreateAsync(server);
        await ExecuteAsync(sweep, "ALTER TABLE reflectdit.judgements ADD CONSTRAINT never CHECK (feedback <> 'fault 3')");
        var progress = await sweep.RunAsync(TestSweep.Setup(new()));
        Assert.Equal(40, progress.Done + progress.Failed);
        Assert.InRange(progress.Failed, 1, 39);
        await using var ledger = new LedgerContext(sweep.Session.Source);
        Assert.All(
            await ledger.Chains.Where(c => c.State == ChainState.Failed).Select(c => c.Failure).ToListAsync(),
            f => Assert.Matches("^the database does not take this attempt: .*\"never\" \\(23514\\)$", f!));
        Assert.False(await ledger.Attempts.AnyAsync(a => a.Feedback == "fault 3"));
        Assert.Equal(progress.Done, await ledger.Chains.CountAsync(c => c.State == ChainState.Done));
    }

    /// <summary>One half of a surrogate pair cannot be said in UTF-8, and U+0000 not be held by PostgreSQL.</summary>
    [Theory]
    [InlineData(0xD800)]
    [InlineData(0)]
    public async Task Words_that_the_database_cannot_hold_fail_their_chain_alone(int character)
    {
        var words = $"a {(char)character} b";
        await using var sweep = await TestSweep.CreateAsync(server);
        var prompt = TestSweep.Setup(new()).Plan.Prompts[3].Text;
        var progress = await sweep.RunAsync(TestSweep.Setup(new() { Feedback = r => r.Prompt == prompt ? words : "fault" }));
        Assert.Equal((40, 38, 2), (progress.Total, progress.Done, progress.Failed));
        Assert.Equal(2, await ScalarAsync(sweep, "SELECT count(*) FROM reflectdit.chains WHERE state = 'failed' AND prompt = 3"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_artifact_that_is_gone_or_damaged_fails_the_chain_that_needs_it_and_names_the_file(bool gone)
    {
        await using var sweep = await TestSweep.CreateAsync(server);
        using (var stop = new CancellationTokenSource())
        {
            var draws = 0;
            await sweep.RunAsync(
                TestSweep.Setup(new() { BeforeDraw = _ => Interlocked.Increment(ref draws) == 60 ? stop.CancelAsync() : Task.CompletedTask }),
                stop: stop.Token);
        }

        // The first images of reflection's open chains: the next attempt has them in its context.
        await using var ledger = new LedgerContext(sweep.Session.Source);
        var harmed = await (
            from chain in ledger.Chains
            where chain.Arm == 1 && chain.State == ChainState.Open
            join attempt in ledger.Attempts on chain.Id equals attempt.ChainId
            select new { chain.Id, attempt.Image }).ToListAsync();
        Assert.NotEmpty(harmed);
        foreach (var path in harmed.Select(h => sweep.Session.Artifacts.PathOf(h.Image!)).Distinct())
        {
            File.Delete(path);
            if (!gone)
            {
                await File.WriteAllTextAsync(path, "not what its name says");
            }
        }

        var progress = await sweep.RunAsync(TestSweep.Setup(new()));
        Assert.Equal(40, progress.Done + progress.Failed);
        var failures = await ledger.Chains.Where(c => c.State == ChainState.Failed).ToListAsync();
        Assert.Equal(harmed.Select(h => h.Id).Distinct().Order(), failures.Select(f => f.Id).Order());
        Assert.All(failures, f => Assert.Matches(gone ? "^Artifact .* cannot be read" : "^Artifact .* is damaged", f.Failure!));
    }

    [Fact]
    public async Task A_sweep_that_cannot_be_read_is_parked_with_the_reason_and_the_worker_goes_on_with_others()
    {
        await using var sweep = await TestSweep.CreateAsync(server);
        var setup = TestSweep.Setup(new());
        var unread = setup.Plan with { Name = "unread", Configuration = """{"kind":"of a later version"}""" };
        await sweep.Session.Sweeps.PlanAsync(unread, CancellationToken.None);
        var asked = new ConcurrentBag<Guid>();
        await using var worker = await RunningWorker.StartAsync(sweep, setup, sweeps: id =>
        {
            asked.Add(id);
            return id == unread.Id ? throw new FormatException("the key 'kind' is unknown") : setup;
        });
        await worker.UntilAsync("SELECT count(*) FROM reflectdit.chains WHERE state = 'done'", 40);
        Assert.Equal("the key 'kind' is unknown", Assert.Single(worker.Progress.Parked).Value);
        await worker.UntilAsync($"SELECT count(*) FROM reflectdit.chains WHERE sweep_id = '{unread.Id}' AND state = 'open' AND worker IS NULL", 40);
        Assert.InRange(asked.Count(id => id == unread.Id), 1, 40);
    }

    private async Task<IReadOnlyList<string>> UndisturbedAsync()
    {
        await using var sweep = await TestSweep.CreateAsync(server);
        await sweep.RunAsync(TestSweep.Setup(new()));
        return await sweep.DumpAsync();
    }

    private static async Task ReadOnlyAsync(TestSweep sweep, bool on)
    {
        var database = new NpgsqlConnectionStringBuilder(sweep.ConnectionString).Database;
        await ExecuteAsync(sweep, $"ALTER DATABASE {database} SET default_transaction_read_only = {(on ? "on" : "off")}");
        // Apart from that: a session that began before it was committed would not have it.
        await ExecuteAsync(
            sweep, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()");
    }

    private static Task EndSessionAsync(TestSweep sweep, int worker) => ExecuteAsync(
        sweep, $"SELECT pg_terminate_backend(pid, 5000) FROM pg_locks WHERE locktype = 'advisory' AND objid::bigint = {worker}");

    private static async Task ExecuteAsync(TestSweep sweep, string sql)
    {
        await using var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(sweep.ConnectionString)
            {
                Pooling = false,
                Options = "-c default_transaction_read_only=off",
            }.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<long> ScalarAsync(TestSweep sweep, string sql)
    {
        await using var command = sweep.Session.Source.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>A worker on whatever the ledger holds, until it is disposed of: what it throws, that throws.</summary>
    private sealed class RunningWorker : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly TestSweep _sweep;
        private Task _work = Task.CompletedTask;

        private RunningWorker(TestSweep sweep) => _sweep = sweep;

        public RunProgress Progress { get; } = new();

        public static async Task<RunningWorker> StartAsync(
            TestSweep sweep, SweepSetup setup, bool plan = true, Func<Guid, SweepSetup>? sweeps = null)
        {
            if (plan)
                await sweep.Session.Sweeps.PlanAsync(setup.Plan, CancellationToken.None);
            var worker = new RunningWorker(sweep);
            worker._work = Task.Run(() => new Worker(
                sweep.Session,
                (id, _) => Task.FromResult(sweeps is null ? setup : sweeps(id)),
                new(4, new()) { Lease = TimeSpan.FromSeconds(6) },
                worker.Progress).RunAsync(worker._stop.Token));
            return worker;
        }

        public async Task<int> NumberAsync()
        {
            await UntilAsync("SELECT count(*) FROM reflectdit.workers", 1);
            return (int)await ScalarAsync(_sweep, "SELECT max(number)::bigint FROM reflectdit.workers");
        }

        public Task UntilDoneAsync() => UntilAsync("SELECT count(*) FROM reflectdit.chains WHERE state = 'done'", 40);

        public Task UntilWaitingAsync() => UntilAsync(() => Task.FromResult(Progress.Pulse.Now == WorkerPulse.Phase.Waiting), "it waits");

        public Task UntilAsync(string sql, long least) => UntilAsync(async () => await ScalarAsync(_sweep, sql) >= least, sql);

        private async Task UntilAsync(Func<Task<bool>> reached, string what)
        {
            using var patience = new CancellationTokenSource(Patience);
            using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
            while (true)
            {
                Assert.False(_work.IsFaulted, $"The worker ended: {_work.Exception}");
                try
                {
                    if (await reached())
                        return;
                }
                catch (Exception e) when (LedgerSession.IsOutage(e))
                {
                    // The test has cut this connection too.
                }

                Assert.True(!patience.IsCancellationRequested, $"Not within {Patience.TotalSeconds:0} s: {what}");
                await timer.WaitForNextTickAsync();
            }
        }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _work;
            _stop.Dispose();
        }
    }
}
