namespace ReflectDiT.Eval.Dashboard.Pages;

/// <summary>Where pages, images and files are, as seen from the page that is written.</summary>
public abstract class Links
{
    /// <summary>Sides of thumbnails in pixels, at most.</summary>
    public static IReadOnlyList<int> ThumbnailSizes { get; } = [128, 256, 512];

    /// <summary>A server answers: filters, forms and changes work.</summary>
    public abstract bool IsServed { get; }

    /// <summary>Null where there is no such page, as in a bundle.</summary>
    public abstract string? To(PageAddress page);

    /// <summary>A thumbnail; see <see cref="ThumbnailSizes"/>.</summary>
    /// <param name="image">SHA-256 in 64 hexadecimal digits.</param>
    public abstract string Thumbnail(string image, int size);

    /// <summary>The image itself, or a large thumbnail where originals were left out: for looking closely.</summary>
    public abstract string Large(string image);

    /// <summary>The image itself; null where originals were left out.</summary>
    public abstract string? Original(string image);

    /// <summary>A file of <see cref="PageAssets"/>.</summary>
    public abstract string Asset(string name);

    /// <summary>Of a dashboard that runs.</summary>
    public sealed class Served : Links
    {
        public override bool IsServed => true;

        public override string To(PageAddress page) => page.Url + (page is PageAddress.Chain { Attempt: { } attempt } ? $"#a{attempt}" : "");

        public override string Thumbnail(string image, int size) => $"/images/{image}/{size}.webp";

        public override string Large(string image) => Original(image);

        public override string Original(string image) => $"/images/{image}";

        public override string Asset(string name) => $"/assets/{PageAssets.Find(name)!.Version}/{name}";
    }
}
