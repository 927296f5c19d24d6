using System.Collections.Immutable;
using System.IO.Enumeration;
using Krewe.Abstractions.Models;

namespace Krewe.Access.Callers;

/// <summary>The models that a caller knows of, by name: patterns in which <c>*</c> stands for any text.</summary>
public sealed class ModelPatterns
{
    private const string Any = "*";
    private readonly ImmutableArray<string> patterns;

    /// <summary>Patterns that <see cref="IsValid"/> accepts.</summary>
    public ModelPatterns(ImmutableArray<string> patterns) => (this.patterns, IsEverything) = (patterns, patterns.Contains(Any));

    /// <summary>True if every model matches.</summary>
    public bool IsEverything { get; }

    /// <summary>True for the characters of model names and <c>*</c>, at most 128.</summary>
    public static bool IsValid(string pattern) =>
        pattern.All(static letter => letter == '*') ? pattern == Any : ModelName.TryParse(pattern.Replace('*', 'x'), out _);

    /// <summary>Whether a name matches; letters count as they are written.</summary>
    public bool Allow(string name)
    {
        if (IsEverything)
        {
            return true;
        }

        foreach (var pattern in patterns)
        {
            if (FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: false))
            {
                return true;
            }
        }

        return false;
    }
}
