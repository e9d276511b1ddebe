using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ReflectDiT.Eval.Analysis.Reports;
using ReflectDiT.Eval.Dashboard.Pages;

namespace ReflectDiT.Eval.Dashboard.Hosting;

/// <summary>Which page an address asks for. What is no value of a key is taken as if it were not there.</summary>
internal static class PageRoutes
{
    public static void MapPages(this IEndpointRouteBuilder routes, Func<HttpContext, PageAddress, Task> show)
    {
        Map("/", c => new PageAddress.Sweeps(Text(c, "q")));
        Map("/workers", _ => new PageAddress.Workers());
        Map("/studies", _ => new PageAddress.Studies());
        Map("/studies/{id}", c => new PageAddress.Study(Id(c)));
        Map("/sweeps/{id}", c => new PageAddress.Sweep(Id(c), Text(c, "scorer"), Text(c, "axis") ?? CurveFigure.OverN));
        Map("/sweeps/{id}/prompts", c => new PageAddress.Prompts(
            Id(c),
            Text(c, "scorer"),
            new(Text(c, "category"), Text(c, "show"), Text(c, "q"), Text(c, "sort") == PromptFilter.Difficulty),
            Number(c, "page") ?? 1));
        Map("/sweeps/{id}/arms/{arm:int:min(0)}/prompts/{prompt:int:min(0)}", c => Chain(c));
        Map("/sweeps/{id}/arms/{arm:int:min(0)}/prompts/{prompt:int:min(0)}/replicates/{replicate:int:min(0)}", c => Chain(c));
        Map("/sweeps/{id}/compare", c => new PageAddress.Compare(
            Id(c),
            Arms(c),
            Number(c, "n"),
            Enum.TryParse<ShownPairs>(Text(c, "show"), ignoreCase: true, out var show) && Enum.IsDefined(show) ? show : ShownPairs.Flipped,
            Text(c, "category"),
            Number(c, "prompt"),
            Number(c, "replicate") ?? 0,
            Text(c, "scorer")));

        void Map(string pattern, Func<HttpContext, PageAddress> address) =>
            routes.MapMethods(pattern, ["GET", "HEAD"], context => show(context, address(context)));
    }

    private static PageAddress.Chain Chain(HttpContext context) => new(
        Id(context), Value(context, "arm"), Value(context, "prompt"), Value(context, "replicate"), Text(context, "scorer"));

    private static string Id(HttpContext context) => (string)context.Request.RouteValues["id"]!;

    private static int Value(HttpContext context, string key) =>
        context.Request.RouteValues[key] is string text ? int.Parse(text, CultureInfo.InvariantCulture) : 0;

    private static string? Text(HttpContext context, string key) =>
        context.Request.Query[key].ToString() is { Length: > 0 and < 400 } text ? text : null;

    private static int? Number(HttpContext context, string key) =>
        int.TryParse(context.Request.Query[key], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>As a link has them (arms=1,0), or as a form sends them (arm=0, arm=1).</summary>
    private static List<int>? Arms(HttpContext context)
    {
        var given = Text(context, "arms")?.Split(',') ?? [.. context.Request.Query["arm"].OfType<string>()];
        var arms = given.Select(a => int.TryParse(a, NumberStyles.None, CultureInfo.InvariantCulture, out var arm) ? arm : -1).Where(a => a >= 0).ToList();
        return arms.Count > 0 ? arms : null;
    }
}
