using System.Net;
using System.Text.RegularExpressions;
using ReflectDiT.Eval.Dashboard.Tests.Browser;
using ReflectDiT.Eval.Ledger;

namespace ReflectDiT.Eval.Dashboard.Tests.Hosting;

[Collection(nameof(ShownDashboard))]
public sealed class RequeueTests(ShownDashboard shown)
{
    private const string Hostile = "failure LIKE '<img%'";

    [Fact]
    public async Task Requeue_takes_a_form_of_this_dashboard_and_is_written_down()
    {
        using var client = shown.Client();
        var page = await client.GetStringAsync("/workers");
        var token = Regex.Match(page, "name=\"token\" value=\"(?<token>[^\"]+)\"", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1)).Groups["token"].Value;
        var sweep = await shown.Ledger.ScalarAsync<string>($"SELECT id::text FROM reflectdit.sweeps WHERE id::text LIKE '{shown.Ledger.Odd}%'");
        var reason = $"{AuditLog.ReasonId(await shown.Ledger.ScalarAsync<string>($"SELECT failure FROM reflectdit.chains WHERE {Hostile} LIMIT 1"))}";
        Assert.Contains($"value=\"{reason}\"", page, StringComparison.Ordinal);
        await shown.Ledger.ExecuteAsync("UPDATE reflectdit.sweeps SET state = 'paused'"); // nobody may take them up

        using var got = await client.GetAsync($"/requeue?token={token}&sweep={sweep}");
        using var forged = await PostAsync(("token", new string('0', 64)), ("sweep", sweep));
        using var tokenless = await PostAsync(("sweep", sweep));
        Assert.Equal(HttpStatusCode.NotFound, got.StatusCode);
        Assert.All([forged, tokenless], a => Assert.Equal(HttpStatusCode.Forbidden, a.StatusCode));
        Assert.Equal(0, await shown.Ledger.ScalarAsync<long>("SELECT count(*) FROM reflectdit.audit WHERE action = 'requeue'"));
        var failed = await FailedAsync();
        Assert.True(failed > 0);

        using var done = await PostAsync(("token", token), ("sweep", sweep), ("reason", reason));
        Assert.Equal((HttpStatusCode.SeeOther, "/workers"), (done.StatusCode, done.Headers.Location!.ToString()));
        Assert.Equal(0, await FailedAsync());
        Assert.StartsWith($"{failed} failed chains, 0 failed scores: <img", await shown.Ledger.ScalarAsync<string>("SELECT subject FROM reflectdit.audit WHERE action = 'requeue'"), StringComparison.Ordinal);

        // As it was, for the other tests.
        await shown.Ledger.ExecuteAsync($"""
            UPDATE reflectdit.chains SET state = 'failed', failure = substr(subject, strpos(subject, ': ') + 2) FROM reflectdit.audit WHERE state = 'open' AND action = 'requeue';
            UPDATE reflectdit.sweeps SET state = 'running'; DELETE FROM reflectdit.audit WHERE action = 'requeue'
            """);
        Assert.Equal(failed, await FailedAsync());

        Task<HttpResponseMessage> PostAsync(params (string Key, string Value)[] form) =>
            client.PostAsync("/requeue", new FormUrlEncodedContent(form.Select(f => KeyValuePair.Create(f.Key, f.Value))));
    }

    private Task<long> FailedAsync() => shown.Ledger.ScalarAsync<long>($"SELECT count(*) FROM reflectdit.chains WHERE {Hostile}");
}
