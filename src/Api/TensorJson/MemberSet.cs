using Krewe.Abstractions.Errors;

namespace Krewe.Api.TensorJson;

/// <summary>Which known members of a JSON object have been there, so that none comes twice and none is missing.</summary>
internal ref struct MemberSet(string what)
{
    private uint seen;

    /// <summary>Notes a member by a number of its own; a second one throws.</summary>
    public void Add(int member, string name, scoped in JsonCursor cursor)
    {
        if ((seen & (1u << member)) != 0)
        {
            throw cursor.Wrong($"{what} has '{name}' twice: expected it once");
        }

        seen |= 1u << member;
    }

    /// <summary>Throws where a member was not there.</summary>
    public readonly void Require(int member, string name)
    {
        if ((seen & (1u << member)) == 0)
        {
            throw KreweException.InvalidInput($"{what} has no '{name}': expected it");
        }
    }
}
