using Krewe.Abstractions.Errors;
using Krewe.Api.Errors;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Krewe.Api.Bodies;

/// <summary>Reads the headers that say how bodies are compressed (RFC 9110, sections 8.4 and 12.5.3).</summary>
internal static class ContentEncodings
{
    private const string Readable = "gzip, deflate, identity";

    /// <summary>The encoding of a request's body; one that nobody here can read is 415.</summary>
    public static ContentEncoding OfRequest(StringValues header) => TryParse(header, out var encoding)
        ? encoding
        : throw Unsupported(
            $"Content-Encoding '{ErrorText.Quote(header.ToString())}' is not supported: expected gzip, deflate or identity", Readable);

    /// <summary>True for a body that comes as it is.</summary>
    public static bool IsIdentity(StringValues header) => TryParse(header, out var encoding) && encoding == ContentEncoding.Identity;

    /// <summary>The error for an encoding that is not taken, with the list of those that are.</summary>
    public static HttpProblem Unsupported(string message, string accepted) =>
        new(StatusCodes.Status415UnsupportedMediaType, message) { Header = ("Accept-Encoding", accepted) };

    /// <summary>
    /// The encoding to answer in, by the client's Accept-Encoding: the better liked of gzip and deflate, gzip where they are
    /// liked the same; none where neither is named. A wildcard asks for nothing in particular and gets no compression.
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

    /// <summary>The name of an encoding in a header.</summary>
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
