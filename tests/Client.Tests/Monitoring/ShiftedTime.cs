namespace Krewe.Client.Tests.Monitoring;

/// <summary>The real clock, which a test can put forward; timers keep to real time.</summary>
internal sealed class ShiftedTime : TimeProvider
{
    private long shift;

    public void Shift(TimeSpan by) => Interlocked.Add(ref shift, (long)(by.TotalSeconds * TimestampFrequency));

    public override long GetTimestamp() => base.GetTimestamp() + Interlocked.Read(ref shift);
}
