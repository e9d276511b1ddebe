using System.Net;
using ReflectDiT.Eval.Dashboard.Tests.Browser;

namespace ReflectDiT.Eval.Dashboard.Tests.Hosting;

[Collection(nameof(ShownDashboard))]
public sealed class AccessTests(ShownDashboard shown)
{
    [Theory]
    [InlineData("/")]
    [InlineData("/workers")]
    [InlineData("/changes")]
    [InlineData("/images/0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("/?token=0000")]
    public async Task Nobody_comes_in_without_the_token(string path)
    {
        using var client = new HttpClient(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = new(shown.Root) };
        using var answer = await client.GetAsync(path);

        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.DoesNotContain("demo", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_token_is_good_once_and_its_cookie_outlives_the_dashboard()
    {
        await using var server = await shown.Ledger.ServeAsync();
        using var client = new HttpClient(new SocketsHttpHandler { UseCookies = false });
        using var first = await client.GetAsync(server.Address);
        using var second = await client.GetAsync(server.Address);

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.Unauthorized), (first.StatusCode, second.StatusCode));
        var cookie = first.Headers.GetValues("Set-Cookie").Single();
        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=strict", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("token", first.Headers.GetValues("Refresh").Single(), StringComparison.Ordinal);

        var at = new IPEndPoint(IPAddress.Loopback, server.Address.Port);
        await server.DisposeAsync();
        await using var again = await shown.Ledger.ServeAsync(shown.Ledger.Options() with { At = at });
        client.DefaultRequestHeaders.Add("Cookie", cookie.Split(';')[0]);
        using var known = await client.GetAsync(new Uri($"http://127.0.0.1:{at.Port}/"));
        Assert.Equal(HttpStatusCode.OK, known.StatusCode);
    }

    [Theory]
    [InlineData("evil.example", HttpStatusCode.MisdirectedRequest)]
    [InlineData("127.0.0.1.evil.example", HttpStatusCode.MisdirectedRequest)]
    [InlineData("localhost", HttpStatusCode.OK)]
    public async Task Another_name_of_the_server_is_refused(string host, HttpStatusCode status)
    {
        using var client = shown.Client();
        client.DefaultRequestHeaders.Host = $"{host}:{new Uri(shown.Root).Port}";
        using var answer = await client.GetAsync("/");
        Assert.Equal(status, answer.StatusCode);
    }

    [Theory]
    [InlineData("Origin", "http://evil.example")]
    [InlineData("Origin", "null")]
    [InlineData("Origin", "http://127.0.0.1:1")]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    public async Task What_another_site_asks_for_is_refused(string header, string value)
    {
        using var client = shown.Client();
        client.DefaultRequestHeaders.Add(header, value);
        using var changes = await client.GetAsync("/changes", HttpCompletionOption.ResponseHeadersRead);
        using var page = await client.GetAsync("/");
        using var form = await client.PostAsync("/requeue", new FormUrlEncodedContent([]));
        Assert.All([changes, page, form], a => Assert.Equal(HttpStatusCode.Forbidden, a.StatusCode));
    }

    [Fact]
    public async Task A_page_may_use_nothing_but_what_is_its_own_and_has_no_script_or_style_in_it()
    {
        using var client = shown.Client();
        using var answer = await client.GetAsync($"/sweeps/{shown.Ledger.Demo}/compare");
        var html = await answer.Content.ReadAsStringAsync();

        var policy = answer.Headers.GetValues("Content-Security-Policy").Single();
        Assert.StartsWith("default-src 'none'; script-src 'self'; style-src 'self'", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.DoesNotContain(" style=", html, StringComparison.Ordinal);
        Assert.DoesNotContain(" onclick", html, StringComparison.Ordinal);
        Assert.Single(html.Split("<script")[1..]);
    }

    [Theory]
    [InlineData("/images/..%2f..%2fledger.id")]
    [InlineData("/images/../../ledger.id")]
    [InlineData("/images/%2e%2e%2f%2e%2e%2fsession.key/128.webp")]
    [InlineData("/images/ABCDEF0000000000000000000000000000000000000000000000000000000000")]
    [InlineData("/images/0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("/images/0000000000000000000000000000000000000000000000000000000000000000/128.webp")]
    [InlineData("/assets/x/..%2f..%2fledger.id")]
    public async Task No_name_of_a_file_leads_to_one(string path)
    {
        using var client = shown.Client();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(shown.Root + path, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }));
        using var answer = await client.SendAsync(request);
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }

    [Fact]
    public async Task Images_are_called_by_their_content_and_kept_by_browsers_for_good()
    {
        using var client = shown.Client();
        var hash = await shown.Ledger.ScalarAsync<string>("SELECT encode(image, 'hex') FROM reflectdit.drawings LIMIT 1");
        using var original = await client.GetAsync($"/images/{hash}");
        using var thumbnail = await client.GetAsync($"/images/{hash}/128.webp");
        using var other = await client.GetAsync($"/images/{hash}/100.webp");

        Assert.Equal("image/png", original.Content.Headers.ContentType!.MediaType);
        Assert.Equal(hash, Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(await original.Content.ReadAsByteArrayAsync())));
        Assert.Equal("image/webp", thumbnail.Content.Headers.ContentType!.MediaType);
        Assert.StartsWith("RIFF", System.Text.Encoding.Latin1.GetString(await thumbnail.Content.ReadAsByteArrayAsync()), StringComparison.Ordinal);
        Assert.All([original, thumbnail], a => Assert.Contains("immutable", a.Headers.CacheControl!.ToString(), StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.NotFound, other.StatusCode);
        Assert.True(File.Exists(Path.Combine(shown.Ledger.Folder, "dashboard", "thumbnails", "128", hash[..1], hash[1..] + ".webp")));
    }

    [Fact]
    public async Task With_a_password_a_form_lets_in_and_a_proxys_word_does_where_it_is_believed()
    {
        var options = shown.Ledger.Options() with
        {
            Password = "correct horse",
            Hosts = ["dash.example"],
            UserHeader = "X-Forwarded-User",
            Proxies = [IPAddress.Parse("10.1.2.3")],
        };
        await using var server = await shown.Ledger.ServeAsync(options);
        using var client = new HttpClient(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false }) { BaseAddress = server.Address };
        Assert.Equal("", server.Address.Query);
        using var unnamed = await SendAsync(("X-Forwarded-User", "eve"));
        using var wrong = await client.PostAsync("/login", new FormUrlEncodedContent([new("password", "wrong"), new("to", "/")]));
        using var right = await client.PostAsync("/login", new FormUrlEncodedContent([new("password", "correct horse"), new("to", "//evil.example/")]));
        client.DefaultRequestHeaders.Host = "dash.example";
        using var named = await SendAsync(("Cookie", right.Headers.GetValues("Set-Cookie").Single().Split(';')[0]));

        Assert.Equal(HttpStatusCode.Unauthorized, unnamed.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, wrong.StatusCode);
        Assert.Equal("0; url=/", right.Headers.GetValues("Refresh").Single());
        Assert.Equal(HttpStatusCode.OK, named.StatusCode);

        await using var behind = await shown.Ledger.ServeAsync(options with { Proxies = [IPAddress.Loopback] });
        using var proxy = new HttpClient { BaseAddress = behind.Address };
        proxy.DefaultRequestHeaders.Add("X-Forwarded-User", "ada");
        Assert.Equal(HttpStatusCode.OK, (await proxy.GetAsync("/")).StatusCode);

        async Task<HttpResponseMessage> SendAsync((string Name, string Value) header)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/");
            request.Headers.Add(header.Name, header.Value);
            return await client.SendAsync(request);
        }
    }

    [Fact]
    public async Task The_dashboard_reads_with_a_session_that_cannot_write()
    {
        await using var session = await Ledger.LedgerSession.OpenExistingAsync(
            shown.Ledger.Folder, shown.Ledger.Database, CancellationToken.None, readOnly: true);
        await using var write = session.Source.CreateCommand("UPDATE reflectdit.sweeps SET state = 'paused'");
        var refused = await Assert.ThrowsAsync<Npgsql.PostgresException>(() => write.ExecuteNonQueryAsync());
        Assert.Equal("25006", refused.SqlState);
    }
}
