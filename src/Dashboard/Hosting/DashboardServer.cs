using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using ReflectDiT.Eval.Analysis.Results;
using ReflectDiT.Eval.Dashboard.Data;
using ReflectDiT.Eval.Dashboard.Pages;
using ReflectDiT.Eval.Dashboard.Views;
using ReflectDiT.Eval.Ledger;

namespace ReflectDiT.Eval.Dashboard.Hosting;

/// <summary>The dashboard of a ledger over HTTP.</summary>
public sealed class DashboardServer : IAsyncDisposable
{
    /// <summary>A page is written without what takes longer, and comes back for it.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(60);

    /// <summary>Between two signals to a browser.</summary>
    private static readonly TimeSpan SignalPause = TimeSpan.FromMilliseconds(250);

    /// <summary>A proxy ends what is silent for longer.</summary>
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    private const int LargestForm = 64 * 1024;

    private readonly WebApplication _server;
    private readonly LedgerSession _session;
    private readonly Func<CancellationToken, Task<LedgerSession>>? _openForWriting;
    private readonly DatabaseTime _looks = new();
    private readonly LedgerChanges _changes;
    private readonly PageRenderer _renderer = new();
    private readonly Links _links = new Links.Served();
    private readonly PageCache _pages;
    private readonly Sessions _sessions;
    private readonly CancellationTokenSource _stop = new();

    private DashboardServer(
        LedgerSession session,
        Func<CancellationToken, Task<LedgerSession>>? openForWriting,
        DashboardOptions options,
        Prices? prices)
    {
        (_session, _openForWriting, _sessions) = (session, openForWriting, new(options.Folder, options.Password));
        _changes = new(session, () => _looks.Spent);
        var loader = new PageLoader(
            session, new(session, () => _changes.Version, TimeProvider.System), new(session, prices), new(session, TimeProvider.System), prices,
            Patience, controls: openForWriting is not null);
        _pages = new(session, loader, _renderer, _links, _changes, _looks, _sessions.FormToken, TimeProvider.System);

        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(options.At);
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = LargestForm;
        });
        builder.Services.AddRoutingCore();
        _server = builder.Build();
        var gate = new AccessGate(options, _sessions, _renderer, _links);
        _server.Use(gate.InvokeAsync);
        _server.UseRouting();
        _server.MapPages(ShowAsync);
        _server.MapImages(session, new(session.Artifacts, Path.Combine(options.Folder, "thumbnails")));
        _server.MapMethods("/assets/{version}/{name}", ["GET", "HEAD"], AssetAsync);
        _server.MapGet("/changes", SignalAsync);
        _server.MapPost("/requeue", RequeueAsync);
        _server.MapPost("/studies/{id}/raters", AddRaterAsync);
        new VoteRoutes(session, openForWriting, _sessions, _renderer, _links, TimeProvider.System).Map(_server);
        _server.MapFallback(context => FaultAsync(context, StatusCodes.Status404NotFound, "Not here", "There is no such page."));
    }

    /// <summary>Where it is, as a browser is told: with the token that lets it in, once.</summary>
    public Uri Address { get; private set; } = null!;

    /// <param name="session">Only read from.</param>
    /// <param name="openForWriting">For what people change; null where they may not.</param>
    /// <param name="prices">Null where nothing is counted in money.</param>
    /// <exception cref="IOException">The port is in use, or the address is not of this machine.</exception>
    public static async Task<DashboardServer> StartAsync(
        LedgerSession session,
        Func<CancellationToken, Task<LedgerSession>>? openForWriting,
        DashboardOptions options,
        Prices? prices,
        CancellationToken cancellation)
    {
        var dashboard = new DashboardServer(session, openForWriting, options, prices);
        try
        {
            await dashboard._server.StartAsync(cancellation);
        }
        catch (Exception e)
        {
            await dashboard.DisposeAsync();
            if (e is IOException or SocketException)
            {
                throw new IOException(
                    $"Cannot show a dashboard at {options.At}: {e.GetBaseException().Message}. Choose another --port, or address.", e);
            }

            throw;
        }

        // The first who looks does not wait for what a first page compiles.
        _ = Task.Run(() => dashboard._pages.GetAsync(new PageAddress.Sweeps()), CancellationToken.None);
        var bound = new Uri(dashboard._server.Urls.First());
        var host = IPAddress.Any.Equals(options.At.Address) || IPAddress.IPv6Any.Equals(options.At.Address)
            ? Environment.MachineName
            : options.At.Address.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{options.At.Address}]" : $"{options.At.Address}";
        dashboard.Address = new($"http://{host}:{bound.Port}/{(dashboard._sessions.Token is { } token ? $"?token={token}" : "")}");
        return dashboard;
    }

    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested)
        {
            return;
        }

        await _stop.CancelAsync();
        await _server.DisposeAsync();
        await _changes.DisposeAsync();
        _looks.Dispose();
        await _renderer.DisposeAsync();
        _stop.Dispose();
    }

    private async Task ShowAsync(HttpContext context, PageAddress address)
    {
        try
        {
            var page = await _pages.GetAsync(address);
            context.Response.StatusCode = page.Status;
            context.Response.ContentType = "text/html; charset=utf-8";
            context.Response.Headers.CacheControl = "private, no-cache";
            context.Response.Headers.ETag = page.Tag;
            if (context.Request.Headers.IfNoneMatch == page.Tag)
            {
                context.Response.StatusCode = StatusCodes.Status304NotModified;
                return;
            }

            context.Response.ContentLength = page.Html.Length;
            if (context.Request.Method != "HEAD")
            {
                await context.Response.Body.WriteAsync(page.Html, context.RequestAborted);
            }
        }
        catch (SweepNotFoundException e)
        {
            await FaultAsync(context, StatusCodes.Status404NotFound, "Not here", e.Message);
        }
        catch (Exception e) when (LedgerSession.IsOutage(e) || e is LedgerException)
        {
            await FaultAsync(
                context, StatusCodes.Status503ServiceUnavailable, "The database is away", $"{e.Message} This page comes back by itself.");
        }
    }

    private async Task FaultAsync(HttpContext context, int status, string heading, string text)
    {
        var page = new PageContent(heading, typeof(FaultView), new FaultModel(heading, text), new PageAddress.Sweeps(), null, [])
        {
            Status = status,
            Unfinished = status == StatusCodes.Status503ServiceUnavailable,
        };
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/html; charset=utf-8";
        context.Response.Headers.CacheControl = "no-store";
        await context.Response.WriteAsync(await _renderer.RenderAsync(page, _links, _sessions.FormToken), context.RequestAborted);
    }

    private static async Task AssetAsync(HttpContext context)
    {
        if (PageAssets.Find((string)context.Request.RouteValues["name"]!) is not { } asset)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        context.Response.ContentType = asset.ContentType;
        context.Response.Headers.CacheControl = ImageRoutes.Immutable;
        await context.Response.Body.WriteAsync(asset.Content, context.RequestAborted);
    }

    /// <summary>Tells a browser that something has changed, and nothing else: it fetches what it looks at.</summary>
    private async Task SignalAsync(HttpContext context)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, _stop.Token);
        context.Response.ContentType = "text/event-stream";
        context.Response.Headers.CacheControl = "no-store";
        try
        {
            for (var version = 0L; ;)
            {
                var next = _changes.AfterAsync(version, end.Token);
                var changed = await Task.WhenAny(next, Task.Delay(Heartbeat, end.Token)) == next;
                version = changed ? await next : version;
                end.Token.ThrowIfCancellationRequested();
                await context.Response.WriteAsync(changed ? $"data: {version}\n\n" : ": \n\n", end.Token);
                await context.Response.Body.FlushAsync(end.Token);
                await Task.Delay(SignalPause, end.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The browser has gone, or the dashboard ends.
        }
    }

    /// <summary>Null, and refused, where it is no form of this dashboard, or nobody may change anything.</summary>
    private async Task<IFormCollection?> FormAsync(HttpContext context)
    {
        var form = context.Request.HasFormContentType ? await context.Request.ReadFormAsync(context.RequestAborted) : null;
        if (form is not null && _sessions.IsFormToken(form["token"]) && _openForWriting is not null)
        {
            return form;
        }

        await FaultAsync(context, StatusCodes.Status403Forbidden, "Refused", "The form is not one of this dashboard.");
        return null;
    }

    private async Task AddRaterAsync(HttpContext context)
    {
        if (await FormAsync(context) is null)
        {
            return;
        }

        try
        {
            await using var session = await _openForWriting!(context.RequestAborted);
            var study = await session.Studies.FindAsync((string)context.Request.RouteValues["id"]!, context.RequestAborted);
            await session.Studies.AddRaterAsync(study, AccessGate.UserOf(context), context.RequestAborted);
            session.Changes.Touch();
            _changes.Tell();
            context.Response.Redirect($"/studies/{study.Id.ToString()[..8]}#raters", permanent: false);
            context.Response.StatusCode = StatusCodes.Status303SeeOther;
        }
        catch (StudyNotFoundException e)
        {
            await FaultAsync(context, StatusCodes.Status404NotFound, "Not here", e.Message);
        }
    }

    private async Task RequeueAsync(HttpContext context)
    {
        if (await FormAsync(context) is not { } form)
        {
            return;
        }

        if (!Guid.TryParse(form["sweep"], out var sweep))
        {
            await FaultAsync(context, StatusCodes.Status400BadRequest, "Refused", "The form does not name a sweep.");
            return;
        }

        Guid? reason = Guid.TryParse(form["reason"], out var id) ? id : null;
        if (reason is null && form["reason"].ToString().Length > 0)
        {
            await FaultAsync(context, StatusCodes.Status400BadRequest, "Refused", "The form does not name a reason.");
            return;
        }

        await using (var session = await _openForWriting!(context.RequestAborted))
        {
            await new AuditLog(session).RequeueAsync(sweep, reason, AccessGate.UserOf(context), context.RequestAborted);
        }

        _changes.Tell();
        context.Response.Redirect("/workers", permanent: false);
        context.Response.StatusCode = StatusCodes.Status303SeeOther;
    }
}
