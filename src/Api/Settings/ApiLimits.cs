using Krewe.Abstractions.Memory;
using Krewe.Abstractions.Publishing;
using Krewe.Api.TensorJson;

namespace Krewe.Api.Settings;

/// <summary>Limits of one request. Beyond a limit it is rejected before memory is allocated for it.</summary>
public sealed class ApiLimits
{
    // One array holds the body, one byte to detect a longer one, and padding for alignment.
    private const long MaxArrayBytes = 2_000_000_000;

    /// <summary>The maximum timeout if <see cref="MaxTimeout"/> is null: one hour. A run may take as long as its callers wait.</summary>
    public static readonly TimeSpan LongestTimeout = TimeSpan.FromHours(1);

    /// <summary>The maximum body size in bytes, both as sent and decompressed; 64 MiB by default. Beyond: 413.</summary>
    public long MaxBodyBytes { get; set; } = 64L << 20;

    /// <summary>
    /// The maximum memory of all bodies together, from their arrival until their answers; null (the default) for three
    /// quarters of what calls may hold (<see cref="MemoryShares"/>). Beyond: 429. Buffers up to 64 KiB are not counted.
    /// </summary>
    public long? MaxBodyMemoryBytes { get; set; }

    /// <summary>The maximum size of a published version in bytes, both as sent and unpacked; 16 GiB by default. Beyond: 413.</summary>
    public long MaxPublishBytes { get; set; } = PublishRequest.DefaultMaxBytes;

    /// <summary>The maximum number of inputs, and of requested outputs, of one request; 256 by default.</summary>
    public int MaxTensors { get; set; } = 256;

    /// <summary>The maximum rank of a tensor; 16 by default.</summary>
    public int MaxRank { get; set; } = 16;

    /// <summary>The maximum number of elements of a tensor; 16,777,216 by default.</summary>
    public long MaxElements { get; set; } = 16L << 20;

    /// <summary>The maximum length of <c>id</c> and of input and output names, in UTF-8 bytes; 1,024 by default.</summary>
    public int MaxIdLength { get; set; } = 1024;

    /// <summary>The timeout of requests without <c>timeout</c>; null (the default) for none.</summary>
    public TimeSpan? DefaultTimeout { get; set; }

    /// <summary>
    /// The maximum timeout, whatever a request asks for; null (the default) for <see cref="LongestTimeout"/>, and none for requests without
    /// a timeout.
    /// </summary>
    public TimeSpan? MaxTimeout { get; set; }

    /// <summary>
    /// The maximum number of open connections; null (the default) for half of the descriptors that the process may open when it starts to
    /// listen, 16 to 10,000. Beyond, a connection that has sent nothing is closed, or the new one.
    /// </summary>
    public int? MaxConnections { get; set; }

    /// <summary>
    /// The maximum number of open connections of one address, or of one network (/64) of IPv6; null (the default) for three quarters of
    /// all.
    /// </summary>
    public int? MaxConnectionsPerAddress { get; set; }

    /// <summary>
    /// The age at which an HTTP/2 connection is asked to end, give or take a tenth, so that clients connect anew, maybe to another process;
    /// null (the default) for none; at most one day.
    /// </summary>
    public TimeSpan? MaxConnectionAge { get; set; }

    /// <summary>
    /// The time that calls and streams under way have after <see cref="MaxConnectionAge"/>; one minute by default, at most one day.
    /// </summary>
    public TimeSpan ConnectionAgeGrace { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>All validation errors; empty if valid.</summary>
    public IReadOnlyList<string> Validate()
    {
        var errors = new List<string>();
        Check(errors, nameof(MaxBodyBytes), MaxBodyBytes, 1, MaxArrayBytes);
        Check(errors, nameof(MaxBodyMemoryBytes), MaxBodyMemoryBytes ?? 1, 1, long.MaxValue);
        Check(errors, nameof(MaxPublishBytes), MaxPublishBytes, 1, long.MaxValue);
        Check(errors, nameof(MaxTensors), MaxTensors, 1, 65_536);
        Check(errors, nameof(MaxRank), MaxRank, 1, JsonCursor.MaxDepth / 2);
        Check(errors, nameof(MaxElements), MaxElements, 1, Array.MaxLength / sizeof(double));
        Check(errors, nameof(MaxIdLength), MaxIdLength, 1, 1 << 20);
        Check(errors, nameof(MaxConnections), MaxConnections ?? 1, 1, int.MaxValue);
        Check(errors, nameof(MaxConnectionsPerAddress), MaxConnectionsPerAddress ?? 1, 1, int.MaxValue);
        CheckTime(errors, nameof(DefaultTimeout), DefaultTimeout);
        CheckTime(errors, nameof(MaxTimeout), MaxTimeout);
        CheckAge(errors, nameof(MaxConnectionAge), MaxConnectionAge);
        CheckAge(errors, nameof(ConnectionAgeGrace), ConnectionAgeGrace);
        if (DefaultTimeout > MaxTimeout)
        {
            errors.Add($"{nameof(DefaultTimeout)} is {DefaultTimeout}, which is longer than {nameof(MaxTimeout)} ({MaxTimeout})");
        }

        return errors;
    }

    /// <summary>The timeout of a request that asks for <paramref name="asked"/> (null for none).</summary>
    internal TimeSpan Timeout(TimeSpan? asked)
    {
        var most = MaxTimeout ?? LongestTimeout;
        return (asked > most ? most : asked) ?? DefaultTimeout ?? MaxTimeout ?? System.Threading.Timeout.InfiniteTimeSpan;
    }

    private static void Check(List<string> errors, string name, long value, long min, long max)
    {
        if (value < min || value > max)
        {
            errors.Add($"{name} is {value}: expected {min} to {max}");
        }
    }

    private static void CheckAge(List<string> errors, string name, TimeSpan? value)
    {
        if (value <= TimeSpan.Zero || value > TimeSpan.FromDays(1))
        {
            errors.Add($"{name} is {value}: expected a positive time of at most one day");
        }
    }

    private static void CheckTime(List<string> errors, string name, TimeSpan? value)
    {
        if (value <= TimeSpan.Zero)
        {
            errors.Add($"{name} is {value}: expected a positive time, or none");
        }
    }
}
