using Krewe.Abstractions.Publishing;
using Krewe.Api.TensorJson;

namespace Krewe.Api.Settings;

/// <summary>What one request may ask for. Whatever passes a limit is refused before memory is spent on it.</summary>
public sealed class ApiLimits
{
    // One array holds a body, a byte more to tell a longer one, and what aligns it.
    private const long MostBodyBytes = 2_000_000_000;

    /// <summary>The largest body in bytes, as sent and as decompressed; 64 MiB unless told. More is 413.</summary>
    public long MaxBodyBytes { get; set; } = 64L << 20;

    /// <summary>The most bytes of a version that is published, as sent and as unpacked; 16 GiB unless told. More is 413.</summary>
    public long MaxPublishBytes { get; set; } = PublishRequest.DefaultMaxBytes;

    /// <summary>The most inputs, and the most requested outputs, of one request; 256 unless told.</summary>
    public int MaxTensors { get; set; } = 256;

    /// <summary>The most dimensions of one tensor; 16 unless told.</summary>
    public int MaxRank { get; set; } = 16;

    /// <summary>The most elements of one tensor; 16,777,216 unless told.</summary>
    public long MaxElements { get; set; } = 16L << 20;

    /// <summary>The longest <c>id</c> and the longest name of an input or output, in UTF-8 bytes; 1,024 unless told.</summary>
    public int MaxIdLength { get; set; } = 1024;

    /// <summary>How long a request may take that names no <c>timeout</c>; null (the default) for as long as it takes.</summary>
    public TimeSpan? DefaultTimeout { get; set; }

    /// <summary>The longest time a request may take whatever it names; null (the default) for no such bound.</summary>
    public TimeSpan? MaxTimeout { get; set; }

    /// <summary>Everything that is wrong with these limits, in words; empty where nothing is.</summary>
    public IReadOnlyList<string> Validate()
    {
        var errors = new List<string>();
        Check(errors, nameof(MaxBodyBytes), MaxBodyBytes, 1, MostBodyBytes);
        Check(errors, nameof(MaxPublishBytes), MaxPublishBytes, 1, long.MaxValue);
        Check(errors, nameof(MaxTensors), MaxTensors, 1, 65_536);
        Check(errors, nameof(MaxRank), MaxRank, 1, JsonCursor.MaxDepth / 2);
        Check(errors, nameof(MaxElements), MaxElements, 1, Array.MaxLength / sizeof(double));
        Check(errors, nameof(MaxIdLength), MaxIdLength, 1, 1 << 20);
        CheckTime(errors, nameof(DefaultTimeout), DefaultTimeout);
        CheckTime(errors, nameof(MaxTimeout), MaxTimeout);
        if (DefaultTimeout > MaxTimeout)
        {
            errors.Add($"{nameof(DefaultTimeout)} is {DefaultTimeout}, which is longer than {nameof(MaxTimeout)} ({MaxTimeout})");
        }

        return errors;
    }

    /// <summary>The time a request gets that asked for <paramref name="asked"/> (null where it asked for none).</summary>
    internal TimeSpan Timeout(TimeSpan? asked)
    {
        var wanted = asked ?? DefaultTimeout ?? MaxTimeout;
        return wanted is not { } time ? System.Threading.Timeout.InfiniteTimeSpan : time > MaxTimeout ? MaxTimeout.Value : time;
    }

    private static void Check(List<string> errors, string name, long value, long min, long max)
    {
        if (value < min || value > max)
        {
            errors.Add($"{name} is {value}: expected {min} to {max}");
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
