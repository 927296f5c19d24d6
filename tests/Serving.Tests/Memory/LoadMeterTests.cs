namespace Krewe.Serving.Tests;

public sealed class LoadMeterTests
{
    private const long MiB = 1 << 20;

    [Fact]
    public void A_session_on_the_processor_is_what_its_load_left()
    {
        var memory = new CountedMemory();

        var (_, bytes) = new LoadMeter(memory).Measure(10 * MiB, () => memory.Allocate(12 * MiB), _ => false);

        Assert.InRange(bytes, 12 * MiB, 13 * MiB);
        Assert.Equal(0, memory.BytesSetAside);
    }

    [Fact]
    public void What_a_provider_keeps_for_the_process_is_no_part_of_a_session_on_a_device()
    {
        var memory = new CountedMemory();
        var meter = new LoadMeter(memory);

        var (_, first) = meter.Measure(MiB, () => memory.Allocate(300 * MiB), _ => true);
        var (_, second) = meter.Measure(MiB, () => memory.Allocate(2 * MiB), _ => true);

        Assert.InRange(first, MiB, 6 * MiB);
        Assert.InRange(second, 2 * MiB, 3 * MiB);
        Assert.Equal(302 * MiB, memory.BytesSetAside + first + (2 * MiB));
    }

    [Fact]
    public void It_is_set_aside_where_loads_overlap_too()
    {
        var memory = new CountedMemory();
        var meter = new LoadMeter(memory);

        meter.Measure(MiB, () => meter.Measure(MiB, () => memory.Allocate(300 * MiB), _ => true), _ => false);

        Assert.InRange(memory.BytesSetAside, 298 * MiB, 300 * MiB);
    }

    private sealed class CountedMemory : ProcessMemory
    {
        private long inUse;

        public override long NativeBytesInUse => inUse;

        public override long ResidentBytes => inUse;

        public long Allocate(long bytes) => inUse += bytes;

        public override void ReturnFreeMemory()
        {
        }
    }
}
