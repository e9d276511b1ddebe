using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ReflectDiT.Eval.Analysis.Studies;
using ReflectDiT.Eval.Dashboard.Data;
using ReflectDiT.Eval.Dashboard.Pages;
using ReflectDiT.Eval.Dashboard.Views;
using ReflectDiT.Eval.Ledger;

namespace ReflectDiT.Eval.Dashboard.Hosting;

/// <summary>
/// The page of a rater, under a key that is the rater's alone. It leads to no other page; its images are called by their place
/// and side, so that no address tells whose they are; its forms are good for one showing, once.
/// </summary>
internal sealed partial class VoteRoutes(
    LedgerSession session,
    Func<CancellationToken, Task<LedgerSession>>? openForWriting,
    Sessions sessions,
    PageRenderer renderer,
    Links links,
    TimeProvider clock)
{
    private readonly StudySnapshots _studies = new(session);

    /// <summary>Nobody needs a session of the dashboard for these.</summary>
    public static bool IsOf(PathString path) => path.HasValue && Pattern().IsMatch(path.Value);

    public void Map(IEndpointRouteBuilder routes)
    {
        On("/vote/{key:guid}", "GET", context => ShowAsync(context, StatusCodes.Status200OK, notice: null));
        On("/vote/{key:guid}", "POST", context => TakeAsync(context, undo: false));
        On("/vote/{key:guid}/undo", "POST", context => TakeAsync(context, undo: true));
        On("/vote/{key:guid}/{showing:int:min(0)}/{side}", "GET", ImageAsync);

        void On(string pattern, string method, Func<HttpContext, Task> answer) => routes.MapMethods(pattern, [method], async context =>
        {
            try
            {
                await answer(context);
            }
            catch (Exception e) when (!context.Response.HasStarted && (LedgerSession.IsOutage(e) || e is LedgerException))
            {
                await WriteAsync(context, StatusCodes.Status503ServiceUnavailable, typeof(FaultView), new FaultModel(
                    "Just a moment", "The database is away. Your answers are safe: open this page again in a while."));
            }
        });
    }

    /// <summary>A rater who came with a key, and how far he is.</summary>
    private sealed record Rater(
        Guid Key, Guid Study, string Name, StudyManifest Manifest, IReadOnlyList<Showing> Order, IReadOnlyDictionary<int, int> Revisions)
    {
        public string Path => $"/vote/{Key:n}";

        public int Revision(Showing showing) => Revisions.GetValueOrDefault(showing.Number);

        public bool HasAnswered(Showing showing) => Revision(showing) % 2 == 1;

        public Showing? Next => Order.FirstOrDefault(s => !HasAnswered(s));

        public Showing? Last => Order.LastOrDefault(HasAnswered);
    }

    private async Task<Rater?> RaterAsync(HttpContext context)
    {
        var key = Guid.Parse((string)context.Request.RouteValues["key"]!);
        if (await session.Studies.RaterOfAsync(key, context.RequestAborted) is not var (study, name))
        {
            return null;
        }

        var manifest = await _studies.ManifestAsync(study, context.RequestAborted);
        return new(
            key, study, name, manifest, StudyDraws.Order(manifest, name), await session.Votes.RevisionsAsync(study, name, context.RequestAborted));
    }

    /// <summary>The next pair, whatever became of what was sent before.</summary>
    private async Task ShowAsync(HttpContext context, int status, string? notice)
    {
        var model = await RaterAsync(context) is { } rater ? Model(rater, notice) : null;
        await (model is null
            ? WriteAsync(context, StatusCodes.Status404NotFound, typeof(FaultView), new FaultModel("Not here", "This link belongs to no rater."))
            : WriteAsync(context, status, typeof(VoteView), model));
    }

    private VoteModel Model(Rater rater, string? notice) => new(
        rater.Path,
        rater.Name,
        rater.Manifest.Question,
        rater.Next is { } next ? Ballot(rater, next, undo: false) : null,
        rater.Last is { } last ? Ballot(rater, last, undo: true) : null,
        rater.Order.Count(rater.HasAnswered),
        rater.Order.Count,
        notice,
        openForWriting is not null);

    private Ballot Ballot(Rater rater, Showing showing, bool undo)
    {
        var at = clock.GetUtcNow().ToUnixTimeMilliseconds();
        return new(
            rater.Manifest.Pairs[showing.Pair].Text, showing.Number, rater.Revision(showing), at,
            sessions.TokenFor(What(rater.Key, showing.Number, rater.Revision(showing), at, undo)));
    }

    private static string What(Guid rater, int showing, int revision, long at, bool undo) =>
        $"{(undo ? "undo" : "vote")}\n{rater}\n{showing}\n{revision}\n{at}";

    private async Task TakeAsync(HttpContext context, bool undo)
    {
        var form = context.Request.HasFormContentType ? await context.Request.ReadFormAsync(context.RequestAborted) : null;
        if (openForWriting is null || form is null || Number(form["showing"]) is not { } number || Number(form["revision"]) is not { } revision
            || Number(form["at"]) is not { } at || await RaterAsync(context) is not { } rater
            || !sessions.IsTokenFor(What(rater.Key, (int)number, (int)revision, at, undo), form["token"]))
        {
            await ShowAsync(context, StatusCodes.Status403Forbidden, "What was sent is no form of this page, and counts for nothing.");
            return;
        }

        var answer = undo ? null : Answer(form["answer"]);
        if (answer is null && !undo)
        {
            await ShowAsync(context, StatusCodes.Status400BadRequest, "What was sent is no answer, and counts for nothing.");
            return;
        }

        var seconds = Math.Max(0, clock.GetUtcNow().ToUnixTimeMilliseconds() - at) / 1000.0;
        bool counts;
        await using (var writing = await openForWriting(context.RequestAborted))
        {
            counts = await writing.Votes.AddAsync(
                rater.Study, rater.Name, rater.Order[(int)number], (int)revision, answer, undo ? null : seconds, context.RequestAborted);
            writing.Changes.Touch();
        }

        if (!counts)
        {
            await ShowAsync(context, StatusCodes.Status409Conflict, "That was sent before: what you said first stands. Here you can go on.");
            return;
        }

        context.Response.Redirect(rater.Path, permanent: false);
        context.Response.StatusCode = StatusCodes.Status303SeeOther;
    }

    private async Task ImageAsync(HttpContext context)
    {
        var number = int.Parse((string)context.Request.RouteValues["showing"]!, CultureInfo.InvariantCulture);
        if (await RaterAsync(context) is not { } rater || number >= rater.Order.Count)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        var (showing, side) = (rater.Order[number], (string)context.Request.RouteValues["side"]!);
        var pair = rater.Manifest.Pairs[showing.Pair];
        var isFirst = showing.FirstLeft == (side == "left"); // The gate knows no third side.
        await ImageRoutes.SendAsync(context, session, (isFirst ? pair.First : pair.Second).Sha256, tag: null);
    }

    private async Task WriteAsync(HttpContext context, int status, Type view, object model)
    {
        var html = await renderer.RenderAsync(new("Which image?", view, model, new PageAddress.Studies(), null, []), links, bare: true);
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/html; charset=utf-8";
        context.Response.Headers.CacheControl = "no-store";
        await context.Response.WriteAsync(html, context.RequestAborted);
    }

    private static StudyAnswer? Answer(string? text) => text switch
    {
        "left" => StudyAnswer.Left,
        "right" => StudyAnswer.Right,
        "tie" => StudyAnswer.Tie,
        "bad" => StudyAnswer.Bad,
        "skip" => StudyAnswer.Skip,
        _ => null,
    };

    private static long? Number(string? text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    [GeneratedRegex(@"\A/vote/[0-9a-f]{32}(/undo|/[0-9]{1,6}/(left|right))?\z", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Pattern();
}
