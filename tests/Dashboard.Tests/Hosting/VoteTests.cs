using System.Net;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using ReflectDiT.Eval.Analysis.Studies;
using ReflectDiT.Eval.Dashboard.Tests.Browser;
using ReflectDiT.Eval.Ledger;

namespace ReflectDiT.Eval.Dashboard.Tests.Hosting;

[Collection(nameof(ShownDashboard))]
public sealed class VoteTests(ShownDashboard shown)
{
    [Fact]
    public async Task A_raters_link_opens_the_raters_pairs_and_nothing_else()
    {
        var (_, rater, client) = await BeginAsync("link");
        using var page = await client.GetAsync(rater);
        Assert.Equal((HttpStatusCode.OK, "no-store"), (page.StatusCode, page.Headers.CacheControl!.ToString()));
        Assert.False(page.Headers.Contains("Set-Cookie"));
        foreach (var elsewhere in new[] { "/", "/studies", "/studies/link", "/workers", "/changes", $"{rater}/x", $"{rater}/0/middle", $"{rater}/../..", "/vote/" })
        {
            using var refused = await client.GetAsync(elsewhere);
            Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        }

        foreach (var nobody in new[] { $"/vote/{Guid.NewGuid():n}", $"/vote/{Guid.NewGuid():n}/0/left", $"{rater}/999/left" })
        {
            using var none = await client.GetAsync(nobody);
            Assert.Equal(HttpStatusCode.NotFound, none.StatusCode);
        }
    }

    [Fact]
    public async Task Nothing_that_a_rater_is_sent_tells_which_arm_judge_or_scorer_is_behind_an_image()
    {
        var (manifest, rater, client) = await BeginAsync("blind");
        var html = await client.GetStringAsync(rater);
        string[] marks = [manifest.First.Name, manifest.Second.Name, .. manifest.Pairs.SelectMany(p => new[] { p.First.Sha256, p.Second.Sha256 }), "judge", "scorer", "SIMULATED", "accepted"];
        Assert.All(marks, m => Assert.DoesNotContain(m, html, StringComparison.OrdinalIgnoreCase));
        Assert.Contains($"src=\"{rater}/0/left\"", html, StringComparison.Ordinal);

        // Each side is what was drawn for this rater; headers say nothing of it.
        foreach (var showing in StudyDraws.Order(manifest, "r1"))
        {
            var pair = manifest.Pairs[showing.Pair];
            var (left, right) = (await ImageAsync(showing.Number, "left"), await ImageAsync(showing.Number, "right"));
            Assert.Equal(showing.FirstLeft ? (pair.First.Sha256, pair.Second.Sha256) : (pair.Second.Sha256, pair.First.Sha256), (left, right));
        }

        async Task<string> ImageAsync(int showing, string side)
        {
            using var answer = await client.GetAsync($"{rater}/{showing}/{side}");
            Assert.Null(answer.Headers.ETag);
            Assert.Null(answer.Content.Headers.LastModified);
            Assert.Null(answer.Content.Headers.ContentDisposition);
            return Convert.ToHexStringLower(SHA256.HashData(await answer.Content.ReadAsByteArrayAsync()));
        }
    }

    [Fact]
    public async Task An_answer_counts_once_and_says_what_was_on_its_side()
    {
        var (manifest, rater, client) = await BeginAsync("once");
        var form = await FormAsync(client, rater);
        using var voted = await PostAsync(client, rater, form, ("answer", "left"));
        using var repeated = await PostAsync(client, rater, form, ("answer", "right"));

        Assert.Equal((HttpStatusCode.SeeOther, rater), (voted.StatusCode, voted.Headers.Location!.ToString()));
        Assert.Equal(HttpStatusCode.Conflict, repeated.StatusCode);
        Assert.Contains("what you said first stands", await repeated.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        var vote = Assert.Single(await VotesAsync("once"));
        var first = StudyDraws.Order(manifest, "r1")[0];
        Assert.Equal((first, StudyAnswer.Left, first.FirstLeft ? 1 : -1), (vote.Showing, vote.Answer, vote.Preference));
        Assert.InRange(vote.Seconds!.Value, 0, 60);

        // Taken back once, it is asked again; its old form counts for nothing.
        var undo = await FormAsync(client, rater, "/undo");
        using var back = await PostAsync(client, $"{rater}/undo", undo);
        using var twice = await PostAsync(client, $"{rater}/undo", undo);
        using var old = await PostAsync(client, rater, form, ("answer", "left"));
        Assert.Equal((HttpStatusCode.SeeOther, HttpStatusCode.Conflict, HttpStatusCode.Conflict), (back.StatusCode, twice.StatusCode, old.StatusCode));
        Assert.Empty(await VotesAsync("once"));
        using var anew = await PostAsync(client, rater, await FormAsync(client, rater), ("answer", "bad"));
        Assert.Equal(StudyAnswer.Bad, Assert.Single(await VotesAsync("once")).Answer);
    }

    [Fact]
    public async Task Forged_and_foreign_votes_are_refused()
    {
        var (_, rater, client) = await BeginAsync("forged");
        var other = await shown.Ledger.RaterAsync(await shown.Ledger.Session.Studies.FindAsync("forged", CancellationToken.None));
        var form = await FormAsync(client, rater);
        var foreign = await FormAsync(client, other);
        (string, string) left = ("answer", "left");

        await RefusedAsync(HttpStatusCode.Forbidden, PostAsync(client, rater, [.. form.Where(f => f.Key != "token")], left));
        await RefusedAsync(HttpStatusCode.Forbidden, PostAsync(client, rater, With(form, "token", new string('0', 64)), left));
        await RefusedAsync(HttpStatusCode.Forbidden, PostAsync(client, rater, With(form, "showing", "1"), left));
        await RefusedAsync(HttpStatusCode.Forbidden, PostAsync(client, rater, With(form, "showing", "99999"), left));
        await RefusedAsync(HttpStatusCode.Forbidden, PostAsync(client, rater, With(form, "revision", "2"), left));
        await RefusedAsync(HttpStatusCode.Forbidden, PostAsync(client, rater, With(form, "at", "0"), left));
        await RefusedAsync(HttpStatusCode.Forbidden, PostAsync(client, rater, foreign, left));
        await RefusedAsync(HttpStatusCode.Forbidden, PostAsync(client, $"{rater}/undo", form));
        await RefusedAsync(HttpStatusCode.NotFound, PostAsync(client, $"/vote/{Guid.NewGuid():n}", form, left), "belongs to no rater");
        await RefusedAsync(HttpStatusCode.BadRequest, PostAsync(client, rater, form, ("answer", "'; DROP TABLE")));
        await RefusedAsync(HttpStatusCode.BadRequest, PostAsync(client, rater, form));
        using (var site = Client())
        {
            site.DefaultRequestHeaders.Add("Origin", "http://evil.example");
            await RefusedAsync(HttpStatusCode.Forbidden, PostAsync(site, rater, form, left), "Another site");
        }

        using var got = await client.GetAsync($"{rater}?answer=left&token={form.First(f => f.Key == "token").Value}");
        Assert.Equal(HttpStatusCode.OK, got.StatusCode);
        Assert.Empty(await VotesAsync("forged"));

        static async Task RefusedAsync(HttpStatusCode status, Task<HttpResponseMessage> posting, string says = "counts for nothing")
        {
            using var answer = await posting;
            Assert.Equal(status, answer.StatusCode);
            Assert.Contains(says, await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        static List<KeyValuePair<string, string>> With(IEnumerable<KeyValuePair<string, string>> form, string key, string value) =>
            [.. form.Where(f => f.Key != key), new(key, value)];
    }

    [Fact]
    public async Task Raters_are_added_by_a_form_of_this_dashboard_alone_and_nobody_votes_where_it_only_reads()
    {
        var (study, _) = await shown.Ledger.AskAsync(shown.Ledger.Demo, "added", asked: 4);
        using var client = shown.Client();
        var page = await client.GetStringAsync("/studies/added");
        var token = Regex.Match(page, "name=\"token\" value=\"(?<token>[^\"]+)\"", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1)).Groups["token"].Value;
        using var forged = await PostAsync(client, $"/studies/{study.Id}/raters", [new("token", new string('0', 64))]);
        using var got = await client.GetAsync($"/studies/{study.Id}/raters?token={token}");
        Assert.Equal(HttpStatusCode.Forbidden, forged.StatusCode);
        Assert.True(got.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed);
        Assert.Empty(await shown.Ledger.Session.Studies.RatersAsync(study.Id, CancellationToken.None));

        using var added = await PostAsync(client, $"/studies/{study.Id}/raters", [new("token", token)]);
        Assert.Equal(HttpStatusCode.SeeOther, added.StatusCode);
        var rater = Assert.Single(await shown.Ledger.Session.Studies.RatersAsync(study.Id, CancellationToken.None));

        await using var reading = await shown.Ledger.ServeAsync(controls: false);
        using var there = new HttpClient { BaseAddress = new(reading.Address.GetLeftPart(UriPartial.Authority)) };
        Assert.Contains("only shows", await there.GetStringAsync($"/vote/{rater.Key:n}"), StringComparison.Ordinal);
        using var refused = await PostAsync(there, $"/vote/{rater.Key:n}", await FormAsync(client, $"/vote/{rater.Key:n}"), ("answer", "left"));
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
    }

    /// <summary>A study of its own with one rater, and a client that has nothing but the rater's link.</summary>
    private async Task<(StudyManifest Manifest, string Rater, HttpClient Client)> BeginAsync(string name)
    {
        var (study, manifest) = await shown.Ledger.AskAsync(shown.Ledger.Demo, name, asked: 5);
        return (manifest, await shown.Ledger.RaterAsync(study), Client());
    }

    private HttpClient Client() =>
        new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = new(shown.Root) };

    private async Task<IReadOnlyList<StudyVote>> VotesAsync(string study) => await shown.Ledger.Session.Votes.OfStudyAsync(
        (await shown.Ledger.Session.Studies.FindAsync(study, CancellationToken.None)).Id, CancellationToken.None);

    /// <summary>The hidden fields of the form that is sent to an address of a rater.</summary>
    private static async Task<IReadOnlyList<KeyValuePair<string, string>>> FormAsync(HttpClient client, string rater, string to = "")
    {
        var html = await client.GetStringAsync(rater);
        var form = html[html.IndexOf($"action=\"{rater}{to}\"", StringComparison.Ordinal)..];
        return
        [
            .. Regex.Matches(
                form[..form.IndexOf("</form>", StringComparison.Ordinal)], "name=\"(?<name>[a-z]+)\" value=\"(?<value>[^\"]*)\"", RegexOptions.ExplicitCapture,
                TimeSpan.FromSeconds(1)).Where(m => m.Groups["name"].Value != "answer").Select(m => KeyValuePair.Create(m.Groups["name"].Value, m.Groups["value"].Value)),
        ];
    }

    private static Task<HttpResponseMessage> PostAsync(
        HttpClient client, string address, IEnumerable<KeyValuePair<string, string>> form, params (string Key, string Value)[] more) =>
        client.PostAsync(address, new FormUrlEncodedContent([.. form, .. more.Select(m => KeyValuePair.Create(m.Key, m.Value))]));
}
