using FsCheck;
using FsCheck.Fluent;
using Krewe.Serving.Repository.TextFormat;

namespace Krewe.Serving.Tests.Repository;

public sealed class TextFormatPropertyTests
{
    private static readonly Gen<string> Names = Gen.Elements("a", "name", "max_batch_size", "_x9", "[a.b/c]");

    private static readonly Gen<TextFormatScalar> Scalars = Gen.OneOf(
        ArbMap.Default.ArbFor<string>().Generator.Select(text => Scalar(TextFormatTokenKind.String, Valid(text ?? ""))),
        ArbMap.Default.ArbFor<long>().Generator.Select(number => Scalar(TextFormatTokenKind.Number, $"{number}")),
        Gen.Elements("0x1F", "1.5", "2e10", "017", "1.0e-3f").Select(number => Scalar(TextFormatTokenKind.Number, number)),
        Gen.Elements("TYPE_FP32", "true", "inf", "_", "KIND_GPU").Select(word => Scalar(TextFormatTokenKind.Word, word)));

    // Pieces of the grammar in any order come much further into the parser than letters at random.
    private static readonly Gen<string> Pieces = Gen.Elements(
        "a", "b_1", ":", "{", "}", "<", ">", "[", "]", ",", ";", "-", ".", "/", "1", "0x", "1e+", "\"", "'", "\\", "\\x", "\\u12", "\"s\"",
        "#", "\n", " ", "\0", "é", "\uD800", "a: 1", "a {", "b: [1, 2]");

    [Fact]
    public void What_is_printed_reads_back_the_same() =>
        Prop.ForAll(Messages(4).ToArbitrary(), message =>
        {
            var text = TextFormatPrinter.Print(message);
            return TextFormatPrinter.Print(TextFormatParser.Parse(text)) == text;
        }).Hold(1000);

    [Fact]
    public void Any_text_is_read_or_refused_with_a_place() =>
        Prop.ForAll(Pieces.ListOf().Select(string.Concat).ToArbitrary(), IsHandled).Hold(20_000);

    [Fact]
    public void Cut_and_changed_texts_are_read_or_refused_with_a_place()
    {
        var cases = Messages(3).Select(TextFormatPrinter.Print).Zip(Gen.Choose(0, int.MaxValue - 1).Zip(Pieces));
        Prop.ForAll(cases.ToArbitrary(), pair =>
        {
            var (text, (position, piece)) = pair;
            var at = position % (text.Length + 1);
            return IsHandled(text[..at]) && IsHandled(text[..at] + piece + text[at..]);
        }).Hold(2000);
    }

    private static bool IsHandled(string text)
    {
        try
        {
            TextFormatParser.Parse(text);
            return true;
        }
        catch (TextFormatException exception)
        {
            return exception.Message.StartsWith("line ", StringComparison.Ordinal);
        }
    }

    private static Gen<TextFormatMessage> Messages(int depth)
    {
        var scalars = Scalars.Select(scalar => (TextFormatValue)scalar);
        var values = depth == 0 ? scalars : Gen.OneOf(scalars, Messages(depth - 1).Select(message => (TextFormatValue)message));
        return Names.Zip(values).Select(pair => new TextFormatField(pair.Item1, pair.Item2, default))
            .ListOf(4).Select(fields => new TextFormatMessage([.. fields], default));
    }

    private static TextFormatScalar Scalar(TextFormatTokenKind kind, string text) => new TextFormatScalar(kind, text, default);

    private static string Valid(string text) => string.Concat(text.EnumerateRunes());
}
