using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Publishing;
using Krewe.Api.Bodies;
using Krewe.Api.Errors;
using Krewe.Api.Rollouts;
using Krewe.Rollouts.Plans;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Krewe.Api.Publishing;

/// <summary>
/// Parses the parameters and headers of a publish. Invalid ones throw <see cref="KreweException"/>, or 415 for an unsupported content type.
/// </summary>
internal static class PublishParameters
{
    private const string Force = "force";
    private const string Sha256 = "sha256";
    private const string Rollout = "rollout";
    private const string IfBusy = "if-busy";
    private const string Any = "application/octet-stream";
    private const string Tar = "application/x-tar";
    private const string Gzip = "application/gzip";
    private const string Zip = "application/zip";
    private const string DigestHeader = "Content-Digest";
    private const string DigestKey = "sha-256=:";

    public static PublishRequest Read(HttpRequest request, long maxBytes)
    {
        CheckNames(request, Force, Sha256, Rollout, IfBusy);
        CheckEncoding(request);
        return new PublishRequest
        {
            Format = ReadFormat(request.ContentType),
            ExpectedSha256 = ReadDigest(request),
            Length = request.ContentLength,
            MaxBytes = maxBytes,
            Force = ReadForce(request),
        };
    }

    /// <summary>The rollout to start after publishing, with the strategy's default steps; null for none.</summary>
    public static RolloutPlan? ReadRollout(HttpRequest request, ModelVersion version)
    {
        var word = request.Query[Rollout].ToString();
        if (word.Length == 0)
        {
            return null;
        }

        foreach (var (name, strategy) in RolloutNames.Strategies)
        {
            if (name == word)
            {
                return new RolloutPlan { Strategy = strategy, Version = version, Steps = RolloutPlan.DefaultSteps(strategy) };
            }
        }

        throw KreweException.InvalidInput(
            $"query parameter '{Rollout}' is '{ErrorText.Quote(word)}': expected canary, shadow or blue_green");
    }

    /// <summary>True to publish even if the rollout cannot start.</summary>
    public static bool ReadIfBusy(HttpRequest request) => request.Query[IfBusy].ToString() switch
    {
        "" or "refuse" => false,
        "publish" when request.Query[Rollout].ToString().Length > 0 => true,
        "publish" => throw KreweException.InvalidInput(
            $"query parameter '{IfBusy}' applies to rollouts: expected '{Rollout}' with it"),
        var other => throw KreweException.InvalidInput(
            $"query parameter '{IfBusy}' is '{ErrorText.Quote(other)}': expected publish or refuse"),
    };

    /// <summary>Rejects any parameters of a delete.</summary>
    public static void CheckNone(HttpRequest request) => CheckNames(request);

    private static void CheckNames(HttpRequest request, params string[] known)
    {
        if (request.Query.Keys.FirstOrDefault(name => !known.Contains(name)) is { } other)
        {
            throw KreweException.InvalidInput(
                $"query parameter '{ErrorText.Quote(other)}' is not supported: expected "
                    + $"{(known.Length == 0 ? "none" : string.Join(" or ", known))}");
        }
    }

    private static void CheckEncoding(HttpRequest request)
    {
        if (!ContentEncodings.IsIdentity(request.Headers.ContentEncoding))
        {
            throw ContentEncodings.Unsupported(
                "a version is stored as sent: send it without Content-Encoding, or as a tar.gz or zip archive", "identity");
        }
    }

    private static bool ReadForce(HttpRequest request) => request.Query[Force].ToString() switch
    {
        "" or "false" => false,
        "true" => true,
        var other => throw KreweException.InvalidInput($"query parameter '{Force}' is '{ErrorText.Quote(other)}': expected true or false"),
    };

    // The default of curl's --data-binary carries no information.
    private static ArtifactFormat? ReadFormat(string? contentType) =>
        (MediaTypeHeaderValue.TryParse(contentType, out var type) ? type.MediaType.ToString() : contentType ?? "").ToLowerInvariant() switch
        {
            "" or Any or "application/x-www-form-urlencoded" => null,
            "application/onnx" or "application/x-onnx" => ArtifactFormat.Onnx,
            Tar or "application/tar" => ArtifactFormat.Tar,
            Gzip or "application/x-gzip" or "application/x-tgz" => ArtifactFormat.TarGzip,
            Zip or "application/x-zip-compressed" => ArtifactFormat.Zip,
            var other => throw new HttpProblem(
                StatusCodes.Status415UnsupportedMediaType,
                $"Content-Type '{ErrorText.Quote(other)}' is not supported: expected {Any}, {Tar}, {Gzip} or {Zip}")
            {
                Header = ("Accept", $"{Any}, {Tar}, {Gzip}, {Zip}"),
            },
        };

    private static Sha256Digest? ReadDigest(HttpRequest request)
    {
        var asked = request.Query[Sha256].ToString() is { Length: > 0 } text ? Sha256Digest.Parse(text) : (Sha256Digest?)null;
        var sent = ReadHeader(request.Headers[DigestHeader].ToString());
        return asked is null || sent is null || asked == sent
            ? asked ?? sent
            : throw KreweException.InvalidInput(
                $"header {DigestHeader} and query parameter '{Sha256}' have different SHA-256 values: expected one, or equal ones");
    }

    /// <summary>
    /// RFC 9530: digests by algorithm, each in base64 between colons. Other algorithms are ignored.
    /// </summary>
    private static Sha256Digest? ReadHeader(string header)
    {
        foreach (var range in header.AsSpan().Split(','))
        {
            var member = header.AsSpan()[range].Trim();
            if (member.StartsWith(DigestKey, StringComparison.Ordinal))
            {
                Span<byte> digest = stackalloc byte[Sha256Digest.SizeBytes];
                return member.Length > DigestKey.Length && member[^1] == ':'
                    && Convert.TryFromBase64Chars(member[DigestKey.Length..^1], digest, out var count) && count == digest.Length
                    ? Sha256Digest.FromBytes(digest)
                    : throw KreweException.InvalidInput(
                        $"header {DigestHeader} has no valid SHA-256: expected sha-256=:<base64>:");
            }
        }

        return null;
    }
}
