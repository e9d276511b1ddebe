using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ReflectDiT.Eval.Dashboard.Data;
using ReflectDiT.Eval.Dashboard.Pages;
using ReflectDiT.Eval.Ledger;

namespace ReflectDiT.Eval.Dashboard.Hosting;

/// <summary>Images by the hash of their content, which can only be 64 hexadecimal digits: no name of a file is ever taken.</summary>
internal static partial class ImageRoutes
{
    /// <summary>What is called by its content never changes.</summary>
    public const string Immutable = "private, max-age=31536000, immutable";

    public static void MapImages(this IEndpointRouteBuilder routes, LedgerSession session, ThumbnailStore thumbnails)
    {
        routes.MapMethods("/images/{hash}", ["GET", "HEAD"], async context =>
        {
            if (Hash(context) is { } hash)
            {
                await SendAsync(context, session, hash, tag: hash);
            }
            else
            {
                context.Response.StatusCode = StatusCodes.Status404NotFound;
            }
        });
        routes.MapMethods("/images/{hash}/{size:int}.webp", ["GET", "HEAD"], async context =>
        {
            var size = int.Parse((string)context.Request.RouteValues["size"]!, System.Globalization.CultureInfo.InvariantCulture);
            if (Hash(context) is not { } hash || !Links.ThumbnailSizes.Contains(size))
            {
                context.Response.StatusCode = StatusCodes.Status404NotFound;
                return;
            }

            try
            {
                var thumbnail = await thumbnails.ReadAsync(hash, size, context.RequestAborted);
                Head(context, $"{hash}-{size}", "image/webp");
                await context.Response.Body.WriteAsync(thumbnail, context.RequestAborted);
            }
            catch (Exception e) when (e is LedgerException or InvalidDataException)
            {
                context.Response.StatusCode = StatusCodes.Status404NotFound;
            }
        });
    }

    /// <summary>An original.</summary>
    /// <param name="tag">Null where the answer may not tell which image it is.</param>
    public static async Task SendAsync(HttpContext context, LedgerSession session, string hash, string? tag)
    {
        var path = session.Artifacts.PathOf(Convert.FromHexString(hash));
        if (!File.Exists(path))
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        Head(context, tag, Path.GetExtension(path) switch { ".jpg" => "image/jpeg", ".webp" => "image/webp", _ => "image/png" });
        await context.Response.SendFileAsync(path, context.RequestAborted);
    }

    private static void Head(HttpContext context, string? tag, string type)
    {
        context.Response.ContentType = type;
        context.Response.Headers.CacheControl = Immutable;
        context.Response.Headers.ETag = tag is null ? default : $"\"{tag}\"";
    }

    private static string? Hash(HttpContext context) =>
        context.Request.RouteValues["hash"] is string hash && Digits().IsMatch(hash) ? hash : null;

    [GeneratedRegex(@"\A[0-9a-f]{64}\z", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Digits();
}
