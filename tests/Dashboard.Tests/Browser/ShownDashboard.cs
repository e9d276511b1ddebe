using Microsoft.Playwright;
using ReflectDiT.Eval.Dashboard.Hosting;

namespace ReflectDiT.Eval.Dashboard.Tests.Browser;

/// <summary>The demo's ledger, its dashboard, and a browser: one for all tests of pages.</summary>
[CollectionDefinition(nameof(ShownDashboard))]
public sealed class ShownDashboard : IAsyncLifetime, ICollectionFixture<ShownDashboard>
{
    private string _cookie = "";

    public DemoLedger Ledger { get; } = new();

    internal DashboardServer Server { get; private set; } = null!;

    public Chromium Browser { get; private set; } = null!;

    /// <summary>Without the token.</summary>
    public string Root { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        await Ledger.InitializeAsync();
        Server = await Ledger.ServeAsync();
        Root = Server.Address.GetLeftPart(UriPartial.Authority);
        _cookie = await CookieAsync(Server.Address);
        Browser = await Chromium.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Browser.DisposeAsync();
        await Server.DisposeAsync();
        await Ledger.DisposeAsync();
    }

    /// <summary>A window that has come in.</summary>
    public async Task<Window> OpenAsync(int width = 1280, bool dark = false)
    {
        var window = await Browser.OpenAsync(width, dark);
        await window.Page.Context.AddCookiesAsync([new Cookie
        {
            Name = _cookie.Split('=')[0],
            Value = _cookie.Split('=')[1],
            Url = Root,
        }]);
        return window;
    }

    /// <summary>A client that has come in, and follows nothing by itself.</summary>
    public HttpClient Client()
    {
        var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = new(Root) };
        client.DefaultRequestHeaders.Add("Cookie", _cookie);
        return client;
    }

    /// <summary>What the token is good for: name=value.</summary>
    internal static async Task<string> CookieAsync(Uri address)
    {
        using var client = new HttpClient(new SocketsHttpHandler { UseCookies = false });
        using var answer = await client.GetAsync(address);
        return answer.Headers.GetValues("Set-Cookie").Single().Split(';')[0];
    }
}
