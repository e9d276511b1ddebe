using System.Net;
using Microsoft.AspNetCore.Http;
using ReflectDiT.Eval.Dashboard.Pages;
using ReflectDiT.Eval.Dashboard.Views;

namespace ReflectDiT.Eval.Dashboard.Hosting;

/// <summary>
/// Stands before every page: refuses names that are not this dashboard's (DNS rebinding) and forms of other sites, lets in who
/// has the token, the password or a proxy's word, and says what a browser may do with the answer.
/// </summary>
internal sealed class AccessGate(DashboardOptions options, Sessions sessions, PageRenderer renderer, Links links)
{
    private const string Policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        + "form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

    /// <summary>How long a wrong password takes.</summary>
    private static readonly TimeSpan WrongPassword = TimeSpan.FromSeconds(1);

    /// <summary>Of many who guess, one at a time.</summary>
    private static readonly SemaphoreSlim Guesses = new(1);

    private const string UserItem = "dashboard.user";

    /// <summary>Who asks, for the audit log.</summary>
    public static string UserOf(HttpContext context) => (string)context.Items[UserItem]!;

    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "same-origin"; // With none at all, browsers say of our own forms that they come from "null".
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";

        if (!IsOwnHost(context.Request.Host))
        {
            await RefuseAsync(context, StatusCodes.Status421MisdirectedRequest, "This dashboard is not known under that name. "
                + "Ask for it by its address, or start it with --host NAME.");
        }
        else if (!IsOwnOrigin(context.Request))
        {
            await RefuseAsync(context, StatusCodes.Status403Forbidden, "Another site asked for this.");
        }
        else if (context.Request.Method is not ("GET" or "HEAD" or "POST"))
        {
            await RefuseAsync(context, StatusCodes.Status405MethodNotAllowed, "Pages are read with GET, and forms sent with POST.");
        }
        else if (context.Request.Path.StartsWithSegments("/assets", StringComparison.Ordinal))
        {
            await next(context); // Public as the program is; the door needs them too.
        }
        else if (VoteRoutes.IsOf(context.Request.Path))
        {
            await next(context); // A rater has a key of his own, and comes to nothing else with it.
        }
        else if (context.Request.Path == "/login" && context.Request.Method == "POST")
        {
            await LoginAsync(context);
        }
        else if (UserIn(context) is { } user)
        {
            context.Items[UserItem] = user;
            await next(context);
        }
        else if (context.Request.Method == "GET" && sessions.TakeToken(context.Request.Query["token"]))
        {
            await ComeInAsync(context, context.Request.Path);
        }
        else
        {
            await DoorAsync(context, wrong: false);
        }
    }

    private string? UserIn(HttpContext context)
    {
        if (options.UserHeader is { } header && context.Connection.RemoteIpAddress is { } from
            && options.Proxies.Any(p => p.Equals(from) || p.Equals(from.IsIPv4MappedToIPv6 ? from.MapToIPv4() : from))
            && context.Request.Headers[header].ToString() is { Length: > 0 } user)
        {
            return user;
        }

        return sessions.IsCookie(context.Request.Cookies[CookieName(context)]) ? $"{context.Connection.RemoteIpAddress}" : null;
    }

    /// <summary>Dashboards on several ports of a machine share its cookies.</summary>
    private static string CookieName(HttpContext context) => $"reflectdit-{context.Connection.LocalPort}";

    private async Task LoginAsync(HttpContext context)
    {
        if (!context.Request.HasFormContentType)
        {
            await RefuseAsync(context, StatusCodes.Status400BadRequest, "Expected the form of the sign-in page.");
            return;
        }

        var form = await context.Request.ReadFormAsync(context.RequestAborted);
        if (sessions.IsPassword(form["password"]))
        {
            var to = form["to"].ToString();
            await ComeInAsync(context, IsLocal(to) ? to : "/");
            return;
        }

        await Guesses.WaitAsync(context.RequestAborted);
        try
        {
            await Task.Delay(WrongPassword, context.RequestAborted);
        }
        finally
        {
            Guesses.Release();
        }

        await DoorAsync(context, wrong: true);
    }

    /// <summary>A path of this server: "//elsewhere" is none.</summary>
    private static bool IsLocal(string to) => to.StartsWith('/') && !to.StartsWith("//", StringComparison.Ordinal)
        && !to.Contains('\\', StringComparison.Ordinal) && !to.Any(char.IsControl);

    /// <summary>
    /// Gives the cookie, and leads on by a page of ours: a redirect of a link that was clicked elsewhere would not carry it.
    /// </summary>
    private async Task ComeInAsync(HttpContext context, string to)
    {
        context.Response.Cookies.Append(CookieName(context), sessions.Cookie, new()
        {
            HttpOnly = true,
            SameSite = SameSiteMode.Strict,
            Path = "/",
            MaxAge = TimeSpan.FromDays(30),
            IsEssential = true,
        });
        context.Response.Headers["Refresh"] = $"0; url={new Uri(new("http://here"), to).PathAndQuery}"; // escaped by the way
        await WriteAsync(context, new("Welcome", "You are signed in. The next page opens by itself.", Password: false, to), StatusCodes.Status200OK);
    }

    private Task DoorAsync(HttpContext context, bool wrong)
    {
        var to = context.Request.Method == "GET" ? context.Request.Path + context.Request.QueryString : "/";
        var text = options.Password is not null
            ? wrong ? "That is not the password." : "This dashboard needs its password."
            : "Open the address with the token that 'reflectdit dashboard' printed. It works once; start the dashboard again for another.";
        return WriteAsync(context, new("Sign in", text, options.Password is not null, to), StatusCodes.Status401Unauthorized);
    }

    private async Task WriteAsync(HttpContext context, DoorModel door, int status)
    {
        var html = await renderer.RenderAsync(
            new(door.Heading, typeof(LoginView), door, new PageAddress.Sweeps(), null, []), links, bare: true);
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/html; charset=utf-8";
        context.Response.Headers.CacheControl = "no-store";
        await context.Response.WriteAsync(html, context.RequestAborted);
    }

    private static async Task RefuseAsync(HttpContext context, int status, string why)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        await context.Response.WriteAsync(why + "\n", context.RequestAborted);
    }

    private bool IsOwnHost(HostString host)
    {
        if (!host.HasValue)
        {
            return false;
        }

        var name = host.Host.Trim('[', ']');
        if (options.Hosts.Contains(name, StringComparer.OrdinalIgnoreCase))
        {
            return true;
        }

        return IPAddress.TryParse(name, out var address)
            ? IPAddress.IsLoopback(address) || options.At.Address.Equals(address)
                || (IsAny && !IPAddress.IsLoopback(address)) // An address cannot be bound to another by DNS.
            : name.Equals("localhost", StringComparison.OrdinalIgnoreCase)
                || (IsAny && name.Equals(Environment.MachineName, StringComparison.OrdinalIgnoreCase));
    }

    private bool IsAny => options.At.Address.Equals(IPAddress.Any) || options.At.Address.Equals(IPAddress.IPv6Any);

    /// <summary>Browsers say where a request comes from: forms, scripts and event streams of other sites are refused.</summary>
    private static bool IsOwnOrigin(HttpRequest request)
    {
        var origin = request.Headers.Origin.ToString();
        if (origin.Length > 0 && (!Uri.TryCreate(origin, UriKind.Absolute, out var from)
            || !string.Equals(from.Authority, request.Host.Value, StringComparison.OrdinalIgnoreCase)))
        {
            return false;
        }

        var site = request.Headers["Sec-Fetch-Site"].ToString();
        return site is "" or "same-origin" or "none"
            || (request.Method == "GET" && request.Headers["Sec-Fetch-Mode"] == "navigate" && request.Headers["Sec-Fetch-Dest"] == "document");
    }
}
