using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using ReflectDiT.Eval.Dashboard.Views;

namespace ReflectDiT.Eval.Dashboard.Pages;

/// <summary>Writes a loaded page as HTML: the same for a browser and for a file.</summary>
public sealed class PageRenderer : IAsyncDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddSingleton<ILoggerFactory>(NullLoggerFactory.Instance).BuildServiceProvider();

    /// <param name="formToken">In every form that changes something; null where there are none.</param>
    /// <param name="bare">Without what leads to other pages.</param>
    public async Task<string> RenderAsync(PageContent page, Links links, string? formToken = null, bool bare = false)
    {
        await using var renderer = new HtmlRenderer(_services, NullLoggerFactory.Instance);
        return await renderer.Dispatcher.InvokeAsync(async () =>
        {
            var root = await renderer.RenderComponentAsync<Root>(ParameterView.FromDictionary(new Dictionary<string, object?>
            {
                [nameof(Root.Links)] = links,
                [nameof(Root.FormToken)] = formToken,
                [nameof(Root.Page)] = page,
                [nameof(Root.Bare)] = bare,
            }));
            return root.ToHtmlString();
        });
    }

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    /// <summary>Gives every component the links and the token.</summary>
    private sealed class Root : ComponentBase
    {
        [Parameter]
        public required Links Links { get; set; }

        [Parameter]
        public string? FormToken { get; set; }

        [Parameter]
        public required PageContent Page { get; set; }

        [Parameter]
        public bool Bare { get; set; }

        protected override void BuildRenderTree(Microsoft.AspNetCore.Components.Rendering.RenderTreeBuilder builder)
        {
            builder.OpenComponent<CascadingValue<Links>>(0);
            builder.AddComponentParameter(1, nameof(CascadingValue<>.Value), Links);
            builder.AddComponentParameter(2, nameof(CascadingValue<>.IsFixed), true);
            builder.AddComponentParameter(3, nameof(CascadingValue<>.ChildContent), (RenderFragment)(inner =>
            {
                inner.OpenComponent<CascadingValue<string?>>(0);
                inner.AddComponentParameter(1, nameof(CascadingValue<>.Name), "FormToken");
                inner.AddComponentParameter(2, nameof(CascadingValue<>.Value), FormToken);
                inner.AddComponentParameter(3, nameof(CascadingValue<>.IsFixed), true);
                inner.AddComponentParameter(4, nameof(CascadingValue<>.ChildContent), (RenderFragment)(page =>
                {
                    page.OpenComponent<Document>(0);
                    page.AddComponentParameter(1, nameof(Document.Content), Page);
                    page.AddComponentParameter(2, nameof(Document.Bare), Bare);
                    page.CloseComponent();
                }));
                inner.CloseComponent();
            }));
            builder.CloseComponent();
        }
    }
}
