using System.Globalization;

namespace Krewe.Access.Limits;

/// <summary>How many requests a key or a tenant may make.</summary>
[GenerateSerializer, Immutable, Alias("krewe.call-limits")]
internal sealed record CallLimits
{
    /// <summary>Requests per time; null for any number.</summary>
    [Id(0), JsonPropertyName("rate")]
    public CallRate? Rate { get; init; }

    /// <summary>Requests at once after a pause; null for as many as the rate allows in a second, at least one.</summary>
    [Id(1), JsonPropertyName("burst")]
    public int? Burst { get; init; }

    /// <summary>Requests under way; null for any number.</summary>
    [Id(2), JsonPropertyName("parallel")]
    public int? Parallel { get; init; }

    /// <summary>Requests per second; 0 without a rate.</summary>
    [JsonIgnore]
    public double PerSecond => Rate is { } rate ? (double)rate.Count / rate.Seconds : 0;

    /// <summary>The burst in force.</summary>
    [JsonIgnore]
    public int Capacity => Burst ?? Math.Max(1, (int)Math.Ceiling(PerSecond));
}

/// <summary>Requests per period.</summary>
/// <param name="Count">Requests.</param>
/// <param name="Seconds">The period: a second, a minute or an hour.</param>
[GenerateSerializer, Immutable, Alias("krewe.call-rate")]
internal readonly record struct CallRate(
    [property: Id(0), JsonPropertyName("count")] int Count, [property: Id(1), JsonPropertyName("seconds")] int Seconds)
{
    /// <summary>The most requests per period.</summary>
    public const int MaxCount = 1_000_000;

    private const int Minute = 60;
    private const int Hour = 60 * 60;

    /// <summary>Reads <c>100/s</c>, <c>600/m</c> or <c>1000/h</c>.</summary>
    public static bool TryParse(string text, out CallRate rate)
    {
        var seconds = text.Length < 3 || text[^2] != '/' ? 0 : text[^1] switch
        {
            's' => 1,
            'm' => Minute,
            'h' => Hour,
            _ => 0,
        };
        var number = text.AsSpan(0, Math.Max(0, text.Length - 2));
        var isCount = int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var count);
        rate = new CallRate(count, seconds);
        return seconds > 0 && isCount && count is > 0 and <= MaxCount;
    }

    /// <summary>The form that <see cref="TryParse"/> reads.</summary>
    public override string ToString() =>
        $"{Count.ToString(CultureInfo.InvariantCulture)}/{(Seconds == 1 ? 's' : Seconds == Minute ? 'm' : 'h')}";
}

/// <summary>The limits of all callers of a tenant together.</summary>
[GenerateSerializer, Immutable, Alias("krewe.tenant-limits")]
internal sealed record TenantLimits(
    [property: Id(0), JsonPropertyName("tenant")] string Tenant, [property: Id(1), JsonPropertyName("limits")] CallLimits Limits);
