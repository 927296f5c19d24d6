using System.Text.RegularExpressions;
using Krewe.Abstractions;

namespace Krewe.Serving;

/// <summary>ONNX Runtime's errors in words for a caller: no source paths, no error numbers, not too long.</summary>
internal static partial class RunError
{
    private const int MaxLength = 300;
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);
    private static readonly string[] OutOfMemoryTexts = ["bad_alloc", "allocate memory", "out of memory", "allocation failed"];
    private static readonly string[] Preludes = ["Status Message: ", "[ONNXRuntimeError] : "];

    /// <summary>
    /// Signature and shapes were checked before the run, so what fails in it depends on the values sent (an index out of range, a
    /// reshape that does not fit): the caller's to change. Only memory and devices are ours.
    /// </summary>
    public static KreweException FromRun(ModelId model, Exception error)
    {
        if (IsOutOfMemory(error))
        {
            return KreweException.Overloaded($"there was not enough memory to run model '{model}' on this input", RetryAfter);
        }

        return IsMissingLibrary(error) || DeviceFailure().IsMatch(error.Message)
            ? KreweException.Unavailable($"model '{model}' could not run on its device: {Describe(error)}", RetryAfter, error)
            : KreweException.InvalidInput($"model '{model}' cannot compute this input: {Describe(error)}", error);
    }

    /// <summary>The text of an error without what only its authors can use.</summary>
    public static string Describe(Exception error)
    {
        if (DeviceFailure().Match(error.Message) is { Success: true } failure)
        {
            return failure.Value;
        }

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

    /// <summary>Whether memory was short, the machine's or a device's.</summary>
    public static bool IsOutOfMemory(Exception error) =>
        OutOfMemoryTexts.Any(text => error.Message.Contains(text, StringComparison.Ordinal));

    /// <summary>Whether a device's provider lacks a library that this model needs (cuDNN for convolutions). Only a run shows it.</summary>
    public static bool IsMissingLibrary(Exception error) =>
        error.Message.Contains("is unavailable or disabled for CUDA", StringComparison.Ordinal);

    // What a device's library said; before it comes the signature of a C++ template, after it the host's name and a source path.
    [GeneratedRegex(@"\b\w+ failure -?\d+: [^;]*?(?= ; GPU=)")]
    private static partial Regex DeviceFailure();

    [GeneratedRegex(@"^(\[ErrorCode:\w+\]\s*|\d+ : \w+ : )")]
    private static partial Regex ErrorNumber();

    [GeneratedRegex(@"^\S+\.(cc|h|cpp):\d+ (operator\(\)|\S+) ")]
    private static partial Regex SourcePlace();

    [GeneratedRegex(@"(?<!\w)/[^\s:]*(:\d+)?")]
    private static partial Regex FilePath();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Whitespace();
}
