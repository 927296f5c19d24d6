using System.Reflection;
using System.Text;
using Krewe.Api.Endpoints;
using Krewe.Api.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Krewe.Api.OpenApi;

/// <summary>The OpenAPI document, its browser, and the start page.</summary>
internal static class DocumentEndpoints
{
    private static readonly EmbeddedFile Document = new("openapi.json", JsonAnswer.ContentType);
    private static readonly EmbeddedFile StartPage = new("start.html", "text/html; charset=utf-8");

    private static readonly string Policy = PageHeaders.PolicyOf();
    private static readonly Lazy<string> StartPolicy = new(
        static () => PageHeaders.PolicyOf(InlineScript(Encoding.UTF8.GetString(StartPage.Content.Span))));

    public static void Map(RouteTable routes)
    {
        routes.Get("/", static context =>
        {
            PageHeaders.Set(context.Response, StartPolicy.Value);
            return StartPage.AnswerAsync(context);
        });
        routes.Get("/openapi.json", Document.AnswerAsync);
        routes.GetBranch("/docs/{**file}", branch =>
        {
            branch.Use(static (context, next) =>
            {
                PageHeaders.Set(context.Response, Policy);
                return next(context);
            });
            branch.UseSwaggerUI(page =>
            {
                page.RoutePrefix = "docs";
                page.DocumentTitle = "Krewe API";

                // Relative, so that the page works behind a proxy that adds a prefix.
                page.SwaggerEndpoint("../openapi.json", "Krewe");
                page.DisplayRequestDuration();
                page.DefaultModelsExpandDepth(0);
            });
            branch.Run(static context =>
            {
                context.Response.StatusCode = StatusCodes.Status404NotFound;
                return Task.CompletedTask;
            });
        });
    }

    private static string InlineScript(string page)
    {
        const string start = "<script>";
        var from = page.IndexOf(start, StringComparison.Ordinal) + start.Length;
        return page[from..page.IndexOf("</script>", from, StringComparison.Ordinal)];
    }
}

/// <summary>An embedded file, read once.</summary>
internal sealed class EmbeddedFile(string name, string contentType)
{
    private readonly Lazy<ReadOnlyMemory<byte>> content = new(() => Read(name));

    public ReadOnlyMemory<byte> Content => content.Value;

    public async Task AnswerAsync(HttpContext context)
    {
        context.Response.ContentType = contentType;
        context.Response.ContentLength = Content.Length;
        PageHeaders.DenySniffing(context.Response);
        await context.Response.BodyWriter.WriteAsync(Content, context.RequestAborted);
    }

    private static ReadOnlyMemory<byte> Read(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"no embedded file '{name}'");
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
