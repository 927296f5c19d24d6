using System.Text.RegularExpressions;
using Krewe.Abstractions;
using Microsoft.ML.OnnxRuntime;

namespace Krewe.Serving;

/// <summary>ONNX Runtime's errors in words for a caller: no source paths, no error numbers, not too long.</summary>
internal static partial class RunError
{
    private const int MaxLength = 300;
    private static readonly string[] Preludes = ["Status Message: ", "[ONNXRuntimeError] : "];

    /// <summary>
    /// Signature and shapes were checked before the run, so what fails in it depends on the values sent (an index out of range, a
    /// reshape that does not fit): the caller's to change. Only memory is ours.
    /// </summary>
    public static KreweException FromRun(ModelId model, OnnxRuntimeException error) => IsOutOfMemory(error)
        ? KreweException.Overloaded($"there was not enough memory to run model '{model}' on this input", TimeSpan.FromSeconds(1))
        : KreweException.InvalidInput($"model '{model}' cannot compute this input: {Describe(error)}", error);

    /// <summary>The text of an error without what only its authors can use.</summary>
    public static string Describe(Exception error)
    {
        var text = error.Message;
        foreach (var prelude in Preludes)
        {
            var at = text.LastIndexOf(prelude, StringComparison.Ordinal);
            text = at < 0 ? text : text[(at + prelude.Length)..];
        }

        text = SourcePlace().Replace(ErrorNumber().Replace(text, ""), "");
        text = Whitespace().Replace(FilePath().Replace(text, ""), " ").Trim();
        return text.Length <= MaxLength ? text : string.Concat(text.AsSpan(0, MaxLength), "...");
    }

    private static bool IsOutOfMemory(OnnxRuntimeException error) =>
        error.Message.Contains("bad_alloc", StringComparison.Ordinal) || error.Message.Contains("allocate memory", StringComparison.Ordinal);

    [GeneratedRegex(@"^(\[ErrorCode:\w+\]\s*|\d+ : \w+ : )")]
    private static partial Regex ErrorNumber();

    [GeneratedRegex(@"^\S+\.(cc|h|cpp):\d+ (operator\(\)|\S+) ")]
    private static partial Regex SourcePlace();

    [GeneratedRegex(@"(?<!\w)/[^\s:]*(:\d+)?")]
    private static partial Regex FilePath();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Whitespace();
}
