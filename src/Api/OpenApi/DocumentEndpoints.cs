using System.Reflection;
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

    public static void Map(RouteTable routes)
    {
        routes.Get("/", StartPage.AnswerAsync);
        routes.Get("/openapi.json", Document.AnswerAsync);
        routes.GetBranch("/docs/{**file}", branch =>
        {
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
