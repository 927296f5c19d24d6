using Krewe.Launch.Logging;

namespace Krewe.Launch.Tests.Logging;

public sealed class PlainWriterTests
{
    [Theory]
    [InlineData("model 'größe 東京 😀'\tis\nready\r\n", "model 'größe 東京 😀'\tis\nready\r\n")]
    [InlineData("\u001b[2J\u001b]0;owned\u0007", "\\u001b[2J\\u001b]0;owned\\u0007")]
    [InlineData("over\rwritten\b\0\u007f", "over\\u000dwritten\\u0008\\u0000\\u007f")]
    [InlineData("\u009b31m\u0085", "\\u009b31m\\u0085")]
    [InlineData("a\u202eb\u2028c\u2066d", "a\\u202eb\\u2028c\\u2066d")]
    public async Task What_controls_a_terminal_is_written_in_plain(string text, string expected)
    {
        using var written = new StringWriter { NewLine = "\n" };
        await using var writer = new PlainWriter(written) { NewLine = "\n" };
        writer.Write(text);
        writer.Write(text.ToCharArray());
        writer.WriteLine(text.AsSpan());
        await writer.WriteAsync(text);
        await writer.WriteLineAsync(text);
        foreach (var letter in text.Replace("\r\n", "\n", StringComparison.Ordinal))
        {
            writer.Write(letter);
        }

        Assert.Equal(
            $"{expected}{expected}{expected}\n{expected}{expected}\n{expected.Replace("\r\n", "\n", StringComparison.Ordinal)}", written.ToString());
    }
}
