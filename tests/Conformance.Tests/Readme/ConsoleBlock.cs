using System.Text.RegularExpressions;

namespace Krewe.Conformance.Tests.Readme;

/// <summary>A command in a page and what the page says the command prints.</summary>
internal sealed partial record ConsoleBlock(string Command, string Output)
{
    private const string Prompt = "$ ";

    /// <summary>Every command in a <c>console</c> block of a Markdown text, in order.</summary>
    public static IReadOnlyList<ConsoleBlock> FindAll(string markdown) =>
        [.. Fence().Matches(markdown.ReplaceLineEndings("\n")).SelectMany(static block => Split(block.Groups[1].Value))];

    private static IEnumerable<ConsoleBlock> Split(string block)
    {
        var lines = new Queue<string>(block.TrimEnd('\n').Split('\n'));
        while (lines.TryDequeue(out var line))
        {
            if (line.StartsWith(Prompt, StringComparison.Ordinal))
            {
                var command = line[Prompt.Length..];
                while (command.EndsWith('\\') && lines.TryDequeue(out var more))
                {
                    command += "\n" + more;
                }

                yield return new ConsoleBlock(command, string.Join('\n', TakeOutput(lines)));
            }
        }
    }

    private static IEnumerable<string> TakeOutput(Queue<string> lines)
    {
        while (lines.TryPeek(out var next) && !next.StartsWith(Prompt, StringComparison.Ordinal))
        {
            yield return lines.Dequeue();
        }
    }

    [GeneratedRegex(@"^[ ]*```console\n(.*?)^[ ]*```", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Fence();
}
