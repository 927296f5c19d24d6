using System.Reflection;
using Microsoft.AspNetCore.Http;

namespace Krewe.Api;

/// <summary>A file that the assembly carries, read once.</summary>
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
