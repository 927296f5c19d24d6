using Krewe.Serving.Repository.TextFormat;

namespace Krewe.Serving.Tests.Repository;

public sealed class TextFormatTests
{
    [Fact]
    public void Fields_lists_and_messages_of_both_brackets_are_read()
    {
        var message = TextFormatParser.Parse(
            """
            # a comment
            name: "m"  max_batch_size : 8;
            dims: [ 1, -1 , 3 ], dims: 4
            a { b < c: TYPE_FP32 > }   # another
            d: { e: 1.5f }
            [a.b/c-d] { } empty: [] g [ { h: 2f }, < > ]
            """);

        Assert.Equal(
            """name:"m" max_batch_size:8 dims:1 dims:-1 dims:3 dims:4 a:{b:{c:TYPE_FP32}} d:{e:1.5f} [a.b/c-d]:{} g:{h:2f} g:{}""",
            TextFormatPrinter.Print(message));
    }

    [Theory]
    [InlineData("""s: "a" 'b' "c" """, "abc")]
    [InlineData("""s: "it's" """, "it's")]
    [InlineData("""s: '"\'' """, "\"'")]
    [InlineData("""s: "\a\b\f\n\r\t\v\\\'\"\?" """, "\a\b\f\n\r\t\v\\'\"?")]
    [InlineData("""s: "\101\60\x42\x4a" """, "A0BJ")]
    [InlineData("""s: "\u00e9\U0001F600" """, "é😀")]
    [InlineData("""s: "\303\251" """, "é")]
    public void Strings_are_unescaped_and_joined(string text, string expected) =>
        Assert.Equal(expected, Assert.IsType<TextFormatScalar>(TextFormatParser.Parse(text).Fields[0].Value).Text);

    [Theory]
    [InlineData("7", 7)]
    [InlineData("-7", -7)]
    [InlineData("- 7", -7)]
    [InlineData("0x1F", 31)]
    [InlineData("010", 8)]
    [InlineData("0", 0)]
    [InlineData("9223372036854775807", long.MaxValue)]
    [InlineData("-9223372036854775808", long.MinValue)]
    public void Integers_are_read(string text, long expected)
    {
        var scalar = Assert.IsType<TextFormatScalar>(TextFormatParser.Parse($"n: {text}").Fields[0].Value);
        Assert.True(TextFormatNumber.TryInt64(scalar.Text, out var number));
        Assert.Equal(expected, number);
    }

    [Theory]
    [InlineData("9223372036854775808")]
    [InlineData("-9223372036854775809")]
    [InlineData("1.5")]
    [InlineData("inf")]
    public void Only_64_bit_integers_are_read_as_integers(string text) =>
        Assert.False(TextFormatNumber.TryInt64(text, out _));

    [Theory]
    [InlineData("a: ", "line 1, column 4: expected a value, found the end of the text")]
    [InlineData("a: 1\nb {\n  c: }", "line 3, column 6: expected a value, found '}'")]
    [InlineData("a { b: 1 >", "line 1, column 10: expected '}', found '>'")]
    [InlineData("a 1", "line 1, column 3: expected ':', found '1'")]
    [InlineData("1: 2", "line 1, column 1: expected a field name, found '1'")]
    [InlineData("a: [1 2]", "line 1, column 7: expected ',', found '2'")]
    [InlineData("a: \"x", "line 1, column 5: this string is not closed on its line")]
    [InlineData("a: \"x\ny\"", "line 1, column 5: this string is not closed on its line")]
    [InlineData("a: \"\\q\"", "line 1, column 5: an unknown escape")]
    [InlineData("a: \"\\uD800\"", "line 1, column 5: not a character")]
    [InlineData("a: \"\\xg\"", "line 1, column 5: an escape with fewer than 1 digits")]
    [InlineData("a: 1.2.3", "line 1, column 4: '1.2.3' is not a number")]
    [InlineData("a [1]", "line 1, column 4: expected a message, or ':' before the list, found '1'")]
    [InlineData("a: 1e", "line 1, column 4: '1e' is not a number")]
    [InlineData("a: 1ff", "line 1, column 4: '1ff' is not a number")]
    [InlineData("a: 08", "line 1, column 4: '08' is not a number")]
    [InlineData("a: -\"x\"", "line 1, column 5: expected a value, found a string")]
    [InlineData("a: 1 }", "line 1, column 6: expected a field name, found '}'")]
    [InlineData("a: $", "line 1, column 4: a character that has no meaning here")]
    [InlineData("a: [ [1] ]", "line 1, column 6: expected a value, found '['")]
    public void Errors_give_the_position_and_the_fault(string text, string expected) =>
        Assert.Equal(expected, Assert.Throws<TextFormatException>(() => TextFormatParser.Parse(text)).Message);

    [Fact]
    public void Nesting_has_a_limit()
    {
        var deepest = string.Concat(Enumerable.Repeat("a{", TextFormatParser.MaxDepth)) + new string('}', TextFormatParser.MaxDepth);
        TextFormatParser.Parse(deepest);

        var error = Assert.Throws<TextFormatException>(() => TextFormatParser.Parse(string.Concat(Enumerable.Repeat("a{", 100_000))));
        Assert.Contains("nested more than 64 deep", error.Message, StringComparison.Ordinal);
    }
}
