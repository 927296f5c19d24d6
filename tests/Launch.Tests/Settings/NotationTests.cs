using System.Net;
using Krewe.Launch.Settings;

namespace Krewe.Launch.Tests.Settings;

public sealed class NotationTests
{
    [Theory]
    [InlineData("1048576", 1048576)]
    [InlineData("2000000B", 2_000_000)]
    [InlineData("2MB", 2_000_000)]
    [InlineData("2MiB", 2 << 20)]
    [InlineData(" 1.5 GiB ", 3L << 29)]
    [InlineData("2gb", 2_000_000_000)]
    [InlineData("2048KiB", 2 << 20)]
    [InlineData("2000kb", 2_000_000)]
    public void A_size_is_a_number_and_a_unit(string text, long bytes)
    {
        Assert.True(ByteSize.OrShare.TryRead(text, out var read));
        Assert.Equal(bytes, read);
    }

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("-1MiB")]
    [InlineData("1TiB")]
    [InlineData("MiB")]
    [InlineData("1e9")]
    [InlineData("101%")]
    [InlineData("1MiB extra")]
    [InlineData("1.2.3MiB")]
    [InlineData("99999999999999999999999GiB")]
    [InlineData("1023KiB")]
    public void An_invalid_size_is_refused(string text) => Assert.False(ByteSize.OrShare.TryRead(text, out _));

    [Fact]
    public void A_switch_is_on_or_off()
    {
        Assert.True(Notations.OnOrOff.TryRead("On", out var isOn) && isOn);
        Assert.True(Notations.OnOrOff.TryRead("off", out isOn) && !isOn);
        Assert.False(Notations.OnOrOff.TryRead("true", out _));
        Assert.True(ByteSize.Any.TryRead("20GB", out var bytes));
        Assert.Equal(20_000_000_000, bytes);
        Assert.False(ByteSize.Any.TryRead("50%", out _));
    }

    [Fact]
    public void A_share_is_of_the_memory_there_is()
    {
        Assert.True(ByteSize.TryRead("25%", 4000, out var bytes));
        Assert.Equal(1000, bytes);
        Assert.False(ByteSize.TryRead("25%", 0, out _));
    }

    [Theory]
    [InlineData("500ms", 500)]
    [InlineData("90s", 90_000)]
    [InlineData("10m", 600_000)]
    [InlineData("10min", 600_000)]
    [InlineData("1.5h", 5_400_000)]
    [InlineData("2d", 172_800_000)]
    public void A_time_is_a_number_and_a_unit(string text, long milliseconds)
    {
        Assert.True(Duration.OrNever.TryRead(text, out var time));
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), time);
    }

    [Theory]
    [InlineData("")]
    [InlineData("10")]
    [InlineData("0s")]
    [InlineData("-1s")]
    [InlineData("10 parsecs")]
    [InlineData("366d")]
    [InlineData("never ever")]
    public void An_invalid_duration_is_refused(string text) => Assert.False(Duration.OrNever.TryRead(text, out _));

    [Fact]
    public void Never_is_infinite()
    {
        Assert.True(Duration.OrNever.TryRead("never", out var time));
        Assert.Equal(Timeout.InfiniteTimeSpan, time);
        Assert.False(Duration.Positive.TryRead("never", out _));
    }

    [Theory]
    [InlineData("localhost", "127.0.0.1")]
    [InlineData("0.0.0.0", "0.0.0.0")]
    [InlineData("::", "::")]
    [InlineData("::1", "::1")]
    public void An_address_is_read(string text, string address)
    {
        Assert.True(Notations.Address.TryRead(text, out var read));
        Assert.Equal(IPAddress.Parse(address), read);
    }

    [Theory]
    [InlineData("example.org")]
    [InlineData("1")]
    [InlineData("")]
    [InlineData("127.0.0.1:80")]
    public void An_invalid_address_is_refused(string text) => Assert.False(Notations.Address.TryRead(text, out _));
}
