using Krewe.Abstractions.Errors;

namespace Krewe.Api.TensorJson;

/// <summary>Tracks the members of a JSON object, to detect duplicate and missing ones.</summary>
internal ref struct MemberSet(string what)
{
    private uint seen;

    /// <summary>Adds a member by its number; a duplicate throws.</summary>
    public void Add(int member, string name, scoped in JsonCursor cursor)
    {
        if ((seen & (1u << member)) != 0)
        {
            throw cursor.Wrong($"{what} has '{name}' twice: expected it once");
        }

        seen |= 1u << member;
    }

    /// <summary>Throws if a member is missing.</summary>
    public readonly void Require(int member, string name)
    {
        if ((seen & (1u << member)) == 0)
        {
            throw KreweException.InvalidInput($"{what} has no '{name}': expected it");
        }
    }
}
