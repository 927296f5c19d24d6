namespace Krewe.Grains.Tests.Rollouts;

/// <summary>The system's clock, which somebody sets; the monotonic clock does not notice.</summary>
internal sealed class SetClock : TimeProvider
{
    public TimeSpan Offset { get; set; }

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + Offset;
}
