using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Memory;

namespace Krewe.OneProcess.Tests.Memory;

/// <summary>Memory is divided without a rest, and what calls hold is counted before it is allocated.</summary>
public sealed class MemorySharesTests
{
    [Theory]
    [InlineData(512L << 20)]
    [InlineData(1L << 30)]
    [InlineData(2L << 30)]
    [InlineData(64L << 30)]
    public void The_shares_stay_below_what_there_is(long total)
    {
        foreach (var shares in (MemoryShares[])[MemoryShares.Of(total), MemoryShares.Of(total, models: 0), MemoryShares.Of(total, total / 8)])
        {
            Assert.Equal(0, shares.Excess);
            Assert.InRange(shares.Models + shares.Calls + shares.Heap + shares.Reserve, total / 100 * 98, total);

            // What calls hold is in the heap, beside what is always there.
            Assert.True(shares.Heap > shares.Calls + (64 << 20));
        }
    }

    [Fact]
    public void What_is_given_by_hand_wins_and_what_is_too_much_is_told()
    {
        Assert.Equal(900L << 20, MemoryShares.Of(1L << 30, models: 900L << 20).Models);
        Assert.True(MemoryShares.Of(1L << 30, models: 900L << 20).Excess > 0);
        Assert.InRange(MemoryShares.Of(4L << 30, bodies: 300L << 20).Calls, 399L << 20, 400L << 20);
        Assert.True(MemoryShares.Of(long.MaxValue, long.MaxValue, long.MaxValue).Heap > 0);
    }

    [Fact]
    public void Calls_get_what_there_is_and_not_more()
    {
        var memory = new CallMemory(1 << 20);
        Assert.Null(memory.Reserve(CallMemory.Uncounted));
        var first = memory.Reserve(600_000)!;
        var refused = Assert.Throws<KreweException>(() => memory.Reserve(600_000));
        Assert.Equal(KreweErrorCode.Overloaded, refused.Code);
        Assert.Equal("the calls under way hold 585.9 KiB of memory, and this one needs 585.9 KiB more: at most 1 MiB are for calls; try again later", refused.Message);
        Assert.EndsWith("send less", Assert.Throws<KreweException>(() => memory.Reserve(2_000_000)).Message);
        Assert.Equal(2, memory.Refused);
        first.Dispose();
        first.Dispose();
        Assert.Equal(0, memory.Used);
    }

    [Fact]
    public void What_is_left_to_the_collector_counts_until_it_is_collected()
    {
        var memory = new CallMemory(1 << 20);
        Leave(memory);
        Assert.Equal(100_000, memory.Used);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Assert.Equal(0, memory.Used);
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static void Leave(CallMemory memory) => Assert.NotNull(memory.Reserve(100_000));
}
