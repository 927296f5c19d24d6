using Krewe.Abstractions.Errors;
using Krewe.Api.Errors;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Krewe.Api.Bodies;

/// <summary>Parses Content-Encoding and Accept-Encoding (RFC 9110, sections 8.4 and 12.5.3).</summary>
internal static class ContentEncodings
{
    private const string Readable = "gzip, deflate, identity";

    /// <summary>The encoding of a request body; 415 if it is not supported.</summary>
    public static ContentEncoding OfRequest(StringValues header) => TryParse(header, out var encoding)
        ? encoding
        : throw Unsupported(
            $"Content-Encoding '{ErrorText.Quote(header.ToString())}' is not supported: expected gzip, deflate or identity", Readable);

    /// <summary>True for a body without encoding.</summary>
    public static bool IsIdentity(StringValues header) => TryParse(header, out var encoding) && encoding == ContentEncoding.Identity;

    /// <summary>The error for an unsupported encoding, listing the supported ones.</summary>
    public static HttpProblem Unsupported(string message, string accepted) =>
        new(StatusCodes.Status415UnsupportedMediaType, message) { Header = ("Accept-Encoding", accepted) };

    /// <summary>
    /// The encoding of the response by the client's Accept-Encoding: gzip or deflate by weight, gzip if equal; none if neither is named.
    /// A wildcard selects no compression.
    /// </summary>
    public static ContentEncoding ForResponse(StringValues header)
    {
        if (header.Count == 0)
        {
            return ContentEncoding.Identity;
        }

        var (best, bestWeight) = (ContentEncoding.Identity, 0.0);
        foreach (var line in header)
        {
            foreach (var range in line.AsSpan().Split(','))
            {
                var weight = Read(line.AsSpan()[range], out var encoding);
                if (weight > bestWeight || (weight == bestWeight && weight > 0 && encoding == ContentEncoding.Gzip))
                {
                    (best, bestWeight) = (encoding, weight);
                }
            }
        }

        return best;
    }

    /// <summary>The name of an encoding in headers.</summary>
    public static string Name(this ContentEncoding encoding) => encoding == ContentEncoding.Gzip ? "gzip" : "deflate";

    private static double Read(ReadOnlySpan<char> item, out ContentEncoding encoding)
    {
        var semicolon = item.IndexOf(';');
        var name = semicolon < 0 ? item : item[..semicolon];
        if (!TryParse(name, out encoding) || encoding == ContentEncoding.Identity)
        {
            return 0;
        }

        var parameter = semicolon < 0 ? default : item[(semicolon + 1)..].Trim();
        return parameter.StartsWith("q=", StringComparison.OrdinalIgnoreCase)
            && double.TryParse(parameter[2..], System.Globalization.NumberStyles.AllowDecimalPoint, null, out var weight) ? weight : 1;
    }

    private static bool TryParse(StringValues header, out ContentEncoding encoding)
    {
        encoding = ContentEncoding.Identity;
        return header.Count == 0 || (header.Count == 1 && TryParse(header[0], out encoding));
    }

    private static bool TryParse(ReadOnlySpan<char> name, out ContentEncoding encoding)
    {
        name = name.Trim();
        var (isGzip, isDeflate) = (Is(name, "gzip") || Is(name, "x-gzip"), Is(name, "deflate"));
        encoding = isGzip ? ContentEncoding.Gzip : isDeflate ? ContentEncoding.Deflate : ContentEncoding.Identity;
        return isGzip || isDeflate || name.IsEmpty || Is(name, "identity");
    }

    private static bool Is(ReadOnlySpan<char> name, string known) => name.Equals(known, StringComparison.OrdinalIgnoreCase);
}
