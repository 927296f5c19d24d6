using Krewe.Abstractions.Errors;

namespace Krewe.Launch.Tests.Settings;

public sealed class ByteTextTests
{
    [Theory]
    [InlineData(0, "0 bytes")]
    [InlineData(1, "1 byte")]
    [InlineData(1023, "1023 bytes")]
    [InlineData(1024, "1 KiB")]
    [InlineData(1_720_672, "1.6 MiB")]
    [InlineData(15_165_901_200, "14.1 GiB")]
    [InlineData(long.MaxValue, "8388608 TiB")]
    public void Bytes_are_written_for_people(long bytes, string text) => Assert.Equal(text, ErrorText.Bytes(bytes));
}
