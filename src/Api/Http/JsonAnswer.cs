using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Krewe.Api.Http;

/// <summary>Writes JSON responses, except for inference.</summary>
internal static class JsonAnswer
{
    public const string ContentType = "application/json";

    // Responses have a JSON content type and are never embedded in a page, so quotes and angle brackets need no escaping.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Responds with the JSON written by <paramref name="write"/>, with Content-Length.</summary>
    public static async Task WriteAsync<TState>(
        HttpContext context, int status, TState state, Action<Utf8JsonWriter, TState> write)
    {
        var body = ToBytes(state, write);
        context.Response.StatusCode = status;
        context.Response.ContentType = ContentType;
        context.Response.ContentLength = body.Length;
        PageHeaders.DenySniffing(context.Response);
        await context.Response.BodyWriter.WriteAsync(body, context.RequestAborted);
    }

    /// <summary>Responds 200.</summary>
    public static Task WriteAsync<TState>(HttpContext context, TState state, Action<Utf8JsonWriter, TState> write) =>
        WriteAsync(context, StatusCodes.Status200OK, state, write);

    /// <summary>The JSON written by <paramref name="write"/>.</summary>
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
