using System.Text.Json;
using Krewe.Abstractions.Errors;
using Krewe.Api.Bodies;
using Krewe.Api.Settings;
using Microsoft.AspNetCore.Http;

namespace Krewe.Api.Endpoints;

/// <summary>Reads the optional small JSON bodies of control requests.</summary>
internal static class ControlBody
{
    /// <summary>The maximum size of such a body.</summary>
    public const int MaxBytes = 64 * 1024;

    private static readonly ApiLimits Limits = new() { MaxBodyBytes = MaxBytes };
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 16 };

    /// <summary>Reads the whole body; null if it is empty.</summary>
    public static async Task<JsonDocument?> ReadAsync(HttpContext context)
    {
        using var body = await BodyReader.ReadAsync(context.Request, Limits, 0, context.RequestAborted);

        // Copied: the document references its bytes, and these return to the pool.
        return body.Memory.Span.ContainsAnyExcept(" \t\r\n"u8) ? Parse(body.Memory.ToArray()) : null;
    }

    private static JsonDocument Parse(byte[] body)
    {
        try
        {
            CheckText(body);
            return JsonDocument.Parse(body, Options);
        }
        catch (InvalidOperationException error)
        {
            throw KreweException.InvalidInput("the body has a string that is not valid Unicode", error);
        }
        catch (JsonException error)
        {
            throw KreweException.InvalidInput(
                $"the body is not JSON at line {error.LineNumber + 1}, byte {error.BytePositionInLine + 1}: expected an object or an empty "
                    + "body",
                error);
        }
    }

    /// <summary>
    /// Validates all strings at once: a document validates a string only when it is read, and some are never read.
    /// </summary>
    private static void CheckText(ReadOnlySpan<byte> body)
    {
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = Options.MaxDepth });
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.PropertyName or JsonTokenType.String)
            {
                _ = reader.GetString();
            }
        }
    }
}
