using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Krewe.Access.Limits.Requests;

/// <summary>
/// The headers that tell a caller of its rate, as OpenAI and LiteLLM have them: of the limit that has less left, in this process's share.
/// </summary>
internal readonly record struct RateHeaders(string? Limit, int Remaining, double Reset)
{
    private const string LimitName = "x-ratelimit-limit-requests";
    private const string RemainingName = "x-ratelimit-remaining-requests";
    private const string ResetName = "x-ratelimit-reset-requests";
    private static readonly string[] Milliseconds =
        [.. Enumerable.Range(0, 1000).Select(static count => count.ToString(CultureInfo.InvariantCulture) + "ms")];

    private static readonly string[] Counts =
        [.. Enumerable.Range(0, 1000).Select(static count => count.ToString(CultureInfo.InvariantCulture))];

    /// <summary>What is to be told now.</summary>
    public static RateHeaders Of(Admission limits)
    {
        var (key, tenant) = (Of(limits.Key), Of(limits.Tenant));
        return key.Limit is null || (tenant.Limit is not null && tenant.Remaining < key.Remaining) ? tenant : key;
    }

    /// <summary>Writes the headers, if a rate is limited.</summary>
    public void Write(IHeaderDictionary headers)
    {
        if (Limit is not null)
        {
            headers[LimitName] = Limit;
            headers[RemainingName] = Remaining < Counts.Length ? Counts[Remaining] : Remaining.ToString(CultureInfo.InvariantCulture);
            headers[ResetName] = TextOf(Reset);
        }
    }

    private static RateHeaders Of(CallLimiter? limiter)
    {
        if (limiter is not { HasRate: true })
        {
            return default;
        }

        var (remaining, reset, _) = limiter.Read();
        return new RateHeaders(limiter.Limit, remaining, reset);
    }

    /// <summary>Milliseconds below a second, else whole seconds; rounded up.</summary>
    private static string TextOf(double seconds)
    {
        var milliseconds = (long)Math.Ceiling(seconds * 1000);
        return milliseconds < Milliseconds.Length
            ? Milliseconds[milliseconds]
            : ((long)Math.Ceiling(seconds)).ToString(CultureInfo.InvariantCulture) + "s";
    }
}
