/** The three roles, each with what it may do. */

const roles = [
  { name: 'admin', may: 'look after this server: everything' },
  { name: 'operator', may: 'see the tools and call them' },
  { name: 'viewer', may: 'see what there is' },
]

export function RoleChoice({ usual }: { usual: string }) {
  return (
    <fieldset>
      <legend>Role</legend>
      {roles.map(({ name, may }) => (
        <label key={name} className="check">
          <input type="radio" name="role" value={name} defaultChecked={name === usual} />
          <span>
            {name} <small>{may}</small>
          </span>
        </label>
      ))}
    </fieldset>
  )
}
