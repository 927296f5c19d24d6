using System.Globalization;
using Krewe.Abstractions.Errors;
using Krewe.Api.Settings;
using Microsoft.AspNetCore.Http;

namespace Krewe.Api.BinaryTensors;

/// <summary>The header of the binary tensor extension: the length of the JSON at the start of a body.</summary>
internal static class InferenceHeader
{
    /// <summary>The header's name.</summary>
    public const string Name = "Inference-Header-Content-Length";

    /// <summary>
    /// The length of the JSON part in bytes; null if the whole body is JSON, 0 for a raw request. An invalid number, or one larger than the
    /// body can be, is rejected before the body is read.
    /// </summary>
    public static int? Read(HttpRequest request, ApiLimits limits)
    {
        var values = request.Headers[Name];
        if (values.Count == 0)
        {
            return null;
        }

        if (values.Count > 1 || !long.TryParse(values[0], NumberStyles.None, CultureInfo.InvariantCulture, out var length))
        {
            throw KreweException.InvalidInput(
                $"header {Name} is '{ErrorText.Quote(values.ToString())}': expected the number of bytes of the JSON part of the body");
        }

        var isCompressed = request.Headers.ContentEncoding.Count > 0;
        var most = isCompressed ? limits.MaxBodyBytes : Math.Min(request.ContentLength ?? limits.MaxBodyBytes, limits.MaxBodyBytes);
        return length <= most ? (int)length : throw TooLong(length, most);
    }

    /// <summary>The error for a JSON part that is longer than the body.</summary>
    public static KreweException TooLong(long length, long bodyLength) =>
        KreweException.InvalidInput($"header {Name} announces {length} bytes of JSON, the body has {bodyLength}");
}
