using System.Text.RegularExpressions;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;

namespace Krewe.Serving.OnnxRuntime;

/// <summary>Translates ONNX Runtime's errors for callers: without source paths and error numbers, and truncated.</summary>
internal static partial class RunError
{
    private const int MaxLength = 300;
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);
    private static readonly string[] OutOfMemoryTexts = ["bad_alloc", "allocate memory", "out of memory", "allocation failed"];
    private static readonly string[] Preludes = ["Status Message: ", "[ONNXRuntimeError] : "];

    private static readonly (Regex Pattern, string Advice)[] Advice =
    [
        (NewerOpset(), "the file uses operator set $1 of $2, and the newest supported is $3: export it with $3 or an older one "
            + "(torch.onnx.export takes opset_version, skl2onnx target_opset), or convert it with onnx.version_converter"),
        (NewerIr(), "the file has IR version $1, and the newest supported is $2: write it with an older release of the package onnx, "
            + "or set the model's ir_version to $2 or less and save it again"),
        (UnknownOperator(), "the file uses operator '$1', which operator set $2 does not have: export it with an operator set that has it, "
            + "or replace the operator"),
        (CustomOperator(),
            "the file uses operator '$2' of the domain '$1', which ONNX Runtime does not have, and custom operators cannot "
            + "be added: export it with standard operators"),
        (MissingLocale(),
            "the file's StringNormalizer needs the locale '$1', which this machine does not have: install it (on Debian and Ubuntu "
            + "the package locales, then localedef -i NAME -f UTF-8 NAME.UTF-8 with NAME such as en_US) and start again"),
        (OldOperator(), "the file uses operator '$1', which operator set $2 no longer has: export it again, "
            + "or convert it with onnx.version_converter"),
    ];

    /// <summary>
    /// Signature and shapes are validated before the run, so a failing run depends on the values sent (an index out of range, an impossible
    /// reshape) and is the caller's error. Only memory and device failures are ours.
    /// </summary>
    public static KreweException FromRun(ModelId model, Exception error)
    {
        if (error is GraphEndedException ended)
        {
            return ended.IsByInput
                ? KreweException.InvalidInput($"model '{model}' cannot compute this input: {ended.Message}", error)
                : KreweException.Unavailable($"model '{model}' could not compute this input: {ended.Message}", RetryAfter, error);
        }

        if (IsOutOfMemory(error))
        {
            return KreweException.Overloaded($"there was not enough memory to run model '{model}' on this input", RetryAfter);
        }

        return IsMissingLibrary(error) || DeviceFailure().IsMatch(error.Message)
            ? KreweException.Unavailable($"model '{model}' could not run on its device: {Describe(error)}", RetryAfter, error)
            : KreweException.InvalidInput($"model '{model}' cannot compute this input: {Describe(error)}", error);
    }

    /// <summary>The text of an error without internal details, or the remedy if known.</summary>
    public static string Describe(Exception error)
    {
        if (DeviceFailure().Match(error.Message) is { Success: true } failure)
        {
            return failure.Value;
        }

        foreach (var (pattern, advice) in Advice)
        {
            if (pattern.Match(error.Message) is { Success: true } match)
            {
                return match.Result(advice);
            }
        }

        var text = error.Message;
        foreach (var prelude in Preludes)
        {
            var at = text.LastIndexOf(prelude, StringComparison.Ordinal);
            text = at < 0 ? text : text[(at + prelude.Length)..];
        }

        text = Circumstances().Replace(ErrorNumber().Replace(text, ""), "");
        text = Whitespace().Replace(FilePath().Replace(SourcePlace().Replace(text, ""), ""), " ").Trim();
        return text.Length <= MaxLength ? text : string.Concat(text.AsSpan(0, MaxLength), "...");
    }

    /// <summary>Whether host or device memory ran out.</summary>
    public static bool IsOutOfMemory(Exception error) =>
        error is OutOfMemoryException || OutOfMemoryTexts.Any(text => error.Message.Contains(text, StringComparison.Ordinal));

    /// <summary>Whether a provider lacks a library that this model needs (cuDNN for convolutions). Only a run can tell.</summary>
    public static bool IsMissingLibrary(Exception error) =>
        error.Message.Contains("is unavailable or disabled for CUDA", StringComparison.Ordinal);

    // The message of a device library; it is preceded by a C++ template signature and followed by the host name and a source path.
    [GeneratedRegex(@"Failed to construct locale with name:\s*([^:\s]+)")]
    private static partial Regex MissingLocale();

    [GeneratedRegex(@"\b\w+ failure -?\d+: [^;]*?(?= ; GPU=)")]
    private static partial Regex DeviceFailure();

    [GeneratedRegex(@"^(\[ErrorCode:\w+\]\s*|\d+ : \w+ : )")]
    private static partial Regex ErrorNumber();

    // A source path and line, then the function: its name, or its full signature with '::' before the parameters.
    [GeneratedRegex(
        """
        (?<![^\s:])(?:[A-Za-z]:)?[^\s:]+\.(?:cc|h|cpp|hpp|cu|cuh):\d+[ ]
        (?:
          (?:[^()]|\(anonymous[^()]*\))*?::(?:operator\(\)|[\w~]+(?:<[^()]*>)?) (?:\((?>[^()]+|(?<open>\()|(?<-open>\)))*(?(open)(?!))\))
          (?:::[^\s()]*(?:\([^()]*\)[^\s()]*)?)* (?:[ ]const)? (?:[ ]noexcept)? (?:[ ]\[with[ ][^\]]*\])?
        | operator\(\) | \S+
        )[ ]
        """, RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex SourcePlace();

    // The failed operation, which is known, and the location, which is internal.
    [GeneratedRegex(@"(Load model from .*? failed:|Exception during initialization: | ; GPU=-?\d+ ; hostname=.*)", RegexOptions.Singleline)]
    private static partial Regex Circumstances();

    [GeneratedRegex(@"Opset (\d+) is under development.* for domain (\S+) is till opset (\d+)", RegexOptions.Singleline)]
    private static partial Regex NewerOpset();

    [GeneratedRegex(@"Unsupported model IR version: (\d+), max supported IR version: (\d+)")]
    private static partial Regex NewerIr();

    [GeneratedRegex(@"No Op registered for (\S+) with domain_version of (\d+)")]
    private static partial Regex UnknownOperator();

    [GeneratedRegex(@"Fatal error: ([^\s:]+):([^\s(]+)\(-?\d+\) is not a registered function/op")]
    private static partial Regex CustomOperator();

    [GeneratedRegex(@"Op registered for (\S+) is deprecated in domain_version of (\d+)")]
    private static partial Regex OldOperator();

    [GeneratedRegex(@"(?<!\w)/[^\s:]*(:\d+)?")]
    private static partial Regex FilePath();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Whitespace();
}
