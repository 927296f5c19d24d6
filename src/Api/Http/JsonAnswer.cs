using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Krewe.Api.Http;

/// <summary>Writes the small answers: everything but inference.</summary>
internal static class JsonAnswer
{
    public const string ContentType = "application/json";

    // Answers are JSON by their content type and never part of a page, so quotes and angle brackets stay readable.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Answers with the JSON that <paramref name="write"/> makes of <paramref name="state"/>, its length announced.</summary>
    public static async Task WriteAsync<TState>(
        HttpContext context, int status, TState state, Action<Utf8JsonWriter, TState> write)
    {
        var body = ToBytes(state, write);
        context.Response.StatusCode = status;
        context.Response.ContentType = ContentType;
        context.Response.ContentLength = body.Length;
        await context.Response.BodyWriter.WriteAsync(body, context.RequestAborted);
    }

    /// <summary>Answers 200.</summary>
    public static Task WriteAsync<TState>(HttpContext context, TState state, Action<Utf8JsonWriter, TState> write) =>
        WriteAsync(context, StatusCodes.Status200OK, state, write);

    /// <summary>The JSON that <paramref name="write"/> makes of <paramref name="state"/>.</summary>
    public static ReadOnlyMemory<byte> ToBytes<TState>(TState state, Action<Utf8JsonWriter, TState> write)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            write(json, state);
        }

        return buffer.WrittenMemory;
    }
}
